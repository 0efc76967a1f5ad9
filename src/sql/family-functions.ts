import { PURE_FUNCTIONS, words } from './pure-functions.ts';
import type { ServerVersion } from './server-version.ts';

/** Built-in functions that not all servers have. On one that lacks them, such a name may be somebody's stored function, which may write. */
interface FamilyFunctions {
  readonly family: ServerVersion['family'];
  /** The oldest version of which that is known. */
  readonly since: number;
  /** The first version of which it is not so. Left out: there is none. */
  readonly before?: number;
  readonly names: ReadonlySet<string>;
}

/** Both families have them; nobody has asked the versions before those below. */
const geometries = `
  MBRDISJOINT ST_GEOMCOLLFROMWKB ST_GEOMETRYCOLLECTIONFROMTEXT ST_GEOMETRYCOLLECTIONFROMWKB ST_GEOMETRYFROMTEXT ST_GEOMETRYFROMWKB ST_LINEFROMWKB
  ST_LINESTRINGFROMTEXT ST_LINESTRINGFROMWKB ST_MLINEFROMTEXT ST_MLINEFROMWKB ST_MPOINTFROMTEXT ST_MPOINTFROMWKB ST_MPOLYFROMTEXT ST_MPOLYFROMWKB
  ST_MULTILINESTRINGFROMTEXT ST_MULTILINESTRINGFROMWKB ST_MULTIPOINTFROMTEXT ST_MULTIPOINTFROMWKB ST_MULTIPOLYGONFROMTEXT
  ST_MULTIPOLYGONFROMWKB ST_POINTFROMWKB ST_POLYFROMWKB ST_POLYGONFROMTEXT ST_POLYGONFROMWKB
`;

/**
 * The rules of {@link PURE_FUNCTIONS} hold for each of these, on the servers named. MySQL's are built-in in the source of 8.0.27, and asked of 9.7; MariaDB's are
 * asked of 10.11 and 11.8. A test asks the server at hand.
 *
 * Left out on purpose, besides what has effects: what is deprecated, and may be gone in a version to come (DES_ENCRYPT, ENCODE, JSON_MERGE); and what reads
 * replication's state or the session's (BINLOG_GTID_POS, PS_CURRENT_THREAD_ID).
 */
const FAMILY_FUNCTIONS: readonly FamilyFunctions[] = [
  {
    family: 'mysql',
    since: 80_027,
    names: words(`
      ANY_VALUE BIN_TO_UUID FORMAT_BYTES FORMAT_PICO_TIME GROUPING GTID_SUBSET GTID_SUBTRACT ICU_VERSION IS_UUID RANDOM_BYTES REGEXP_LIKE UUID_TO_BIN

      JSON_OVERLAPS JSON_PRETTY JSON_SCHEMA_VALID JSON_SCHEMA_VALIDATION_REPORT JSON_STORAGE_FREE JSON_STORAGE_SIZE

      GEOMCOLLECTION GEOMETRYCOLLECTION LINESTRING MULTILINESTRING MULTIPOINT MULTIPOLYGON POINT POLYGON

      MBRCOVEREDBY MBRCOVERS ST_BUFFER_STRATEGY ST_COLLECT ST_FRECHETDISTANCE ST_GEOHASH ST_GEOMCOLLFROMTXT ST_HAUSDORFFDISTANCE ST_ISVALID
      ST_LATFROMGEOHASH ST_LATITUDE ST_LINEINTERPOLATEPOINT ST_LINEINTERPOLATEPOINTS ST_LONGFROMGEOHASH ST_LONGITUDE ST_MAKEENVELOPE
      ST_NUMINTERIORRING ST_POINTATDISTANCE ST_POINTFROMGEOHASH ST_SIMPLIFY ST_SWAPXY ST_TRANSFORM ST_VALIDATE ${geometries}
    `),
  },
  // 9.6 has them in a component, so that their names are free.
  { family: 'mysql', since: 80_027, before: 90_000, names: words('MD5 SHA SHA1') },
  {
    family: 'mysql',
    since: 90_700,
    names: words('FROM_VECTOR STRING_TO_VECTOR TO_VECTOR VECTOR_DIM VECTOR_TO_STRING'),
  },
  {
    family: 'mariadb',
    since: 101_100,
    names: words(`
      ADD_MONTHS CHR COLUMN_CHECK COLUMN_EXISTS COLUMN_JSON COLUMN_LIST CRC32C LENGTHB MD5 MEDIAN NATURAL_SORT_KEY NVL NVL2 RANDOM_BYTES SFORMAT SHA SHA1
      SYS_GUID TO_CHAR

      JSON_COMPACT JSON_DETAILED JSON_EQUALS JSON_EXISTS JSON_LOOSE JSON_NORMALIZE JSON_OVERLAPS JSON_PRETTY JSON_QUERY

      GLENGTH MBREQUAL SRID ST_BOUNDARY ST_ISRING ST_POINTONSURFACE ST_RELATE ${geometries}
    `),
  },
  {
    family: 'mariadb',
    since: 110_800,
    names: words(`
      FORMAT_BYTES FORMAT_PICO_TIME JSON_ARRAY_INTERSECT JSON_KEY_VALUE JSON_OBJECT_FILTER_KEYS JSON_OBJECT_TO_ARRAY JSON_SCHEMA_VALID KDF UUID_V4 UUID_V7
      VEC_DISTANCE VEC_DISTANCE_COSINE VEC_DISTANCE_EUCLIDEAN VEC_FROMTEXT VEC_TOTEXT
    `),
  },
];

/** @param name in upper case */
export function isPureFunction(name: string, server: ServerVersion | undefined): boolean {
  return PURE_FUNCTIONS.has(name) || functionsOf(server).some(({ names }) => names.has(name));
}

/** All names that are known for a server: for the test that asks it. */
export function pureFunctionsOf(server: ServerVersion | undefined): readonly string[] {
  return [...PURE_FUNCTIONS, ...functionsOf(server).flatMap(({ names }) => [...names])];
}

function functionsOf(server: ServerVersion | undefined): readonly FamilyFunctions[] {
  if (server === undefined) return [];
  return FAMILY_FUNCTIONS.filter(
    ({ family, since, before = Number.POSITIVE_INFINITY }) =>
      server.family === family && server.number >= since && server.number < before,
  );
}

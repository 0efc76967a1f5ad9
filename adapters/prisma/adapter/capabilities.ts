import type { ConnectionInfo } from './prisma-interface.ts';

/** A prepared statement counts its parameters in 16 bits. Source: MySQL manual, "COM_STMT_PREPARE Response". */
const maxBindValues = 65_535;

/** What Prisma may use on a server of this version, as `SELECT VERSION()` says it. */
export function connectionInfo(version: string, schemaName: string | undefined): ConnectionInfo {
  const supportsRelationJoins = hasRelationJoins(version);
  return { ...(schemaName !== undefined && { schemaName }), maxBindValues, supportsRelationJoins };
}

/** Joins are lateral ones into JSON: MySQL 8.0.14 has them, MariaDB none; Prisma's own adapters begin at 8.0.13. */
function hasRelationJoins(version: string): boolean {
  if (/mariadb/i.test(version)) return false;
  const [major = 0, minor = 0, patch = 0] = version.split(/[.-]/).map(Number);
  return major > 8 || (major === 8 && (minor > 0 || patch >= 13));
}

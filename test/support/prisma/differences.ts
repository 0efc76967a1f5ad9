import { Prisma as PrismaNamespace } from '../../../prisma/generated/client.ts';
import type { Operation } from './operation.ts';
import type { Prisma } from './two-adapters.ts';

const { Decimal } = PrismaNamespace;

/** Runs on a table of its own. */
const onTable = (columns: string, run: (prisma: Prisma) => Promise<unknown>) => async (prisma: Prisma) => {
  await prisma.$executeRawUnsafe(`CREATE TABLE gone_away_scratch (${columns})`);
  try {
    return await run(prisma);
  } finally {
    await prisma.$executeRaw`DROP TABLE gone_away_scratch`;
  }
};

/** Calls a procedure with this body, from the text `CALL gone_away_procedure()`. */
const callOf =
  (body: string): Operation['run'] =>
  async (prisma, sql) => {
    await sql(`CREATE PROCEDURE gone_away_procedure() ${body}`);
    try {
      return await prisma.$queryRaw`CALL gone_away_procedure()`;
    } finally {
      await sql('DROP PROCEDURE gone_away_procedure');
    }
  };

const readAll =
  (column: string, value: string): Operation['run'] =>
  async (prisma, sql) => {
    await sql(`INSERT INTO all_types (${column}) VALUES (${value})`);
    return prisma.allTypes.findMany({ select: { [column]: true } });
  };

const readRaw =
  (column: string, value: string): Operation['run'] =>
  async (prisma, sql) => {
    await sql(`INSERT INTO all_types (${column}) VALUES (${value})`);
    return prisma.$queryRawUnsafe(`SELECT ${column} FROM all_types`);
  };

/** Where ours does otherwise than Prisma's own adapter, what it does, and where that is explained. */
export const differences: readonly Operation[] = [
  {
    name: 'a FLOAT reads as it was written, and is found by it',
    differs: { row: '`FLOAT`', ours: { value: [{ float: 1.1 }, 1, [{ float: 1.1 }]] } },
    run: async (prisma) => [
      await prisma.allTypes.create({ data: { float: 1.1 }, select: { float: true } }),
      await prisma.allTypes.count({ where: { float: 1.1 } }),
      await prisma.$queryRaw`SELECT \`float\` FROM all_types`,
    ],
  },
  {
    name: 'a DECIMAL of 65 digits is told from its neighbour, in a list too',
    differs: { row: '`DECIMAL` in a list', ours: { value: [1, 1, 1] }, on: 'mariadb' },
    run: async (prisma) => {
      const long = `${'1234567890'.repeat(3)}12345.${'1234567890'.repeat(3)}`;
      const next = long.replace(/0$/, '1');
      await prisma.allTypes.createMany({ data: [{ decimal: long }, { decimal: next }] });
      return Promise.all([
        prisma.allTypes.count({ where: { decimal: long } }),
        prisma.allTypes.count({ where: { decimal: { gt: long } } }),
        prisma.allTypes.count({ where: { decimal: { in: [long, '1.5'] } } }),
      ]);
    },
  },
  {
    name: 'a DECIMAL is computed with as a DECIMAL',
    differs: { row: '`DECIMAL` in arithmetic', ours: { value: { decimal: 'Decimal(1.2)' } }, on: 'mariadb' },
    run: async (prisma) => {
      const { id } = await prisma.allTypes.create({ data: { decimal: '1.1' } });
      return prisma.allTypes.update({
        where: { id },
        data: { decimal: { increment: 0.1 } },
        select: { decimal: true },
      });
    },
  },
  {
    name: 'a Decimal is a Decimal again',
    differs: { row: '`Decimal` as a parameter', ours: { value: [{ value: 'Decimal(1.5)' }] } },
    run: (prisma) => prisma.$queryRaw`SELECT ${new Decimal('1.5')} AS value`,
  },
  {
    name: 'NULL has no type',
    differs: { row: '`NULL` as a parameter', ours: { value: [{ value: 5 }] }, on: 'mariadb' },
    run: (prisma) => prisma.$queryRaw`SELECT COALESCE(${null}, 5) AS value`,
  },
  {
    name: 'a SET is a text',
    differs: { row: '`SET`', ours: { value: [{ s: '' }, { s: 'a,c' }] } },
    run: onTable("s SET('a', 'b', 'c')", async (prisma) => {
      await prisma.$executeRaw`INSERT INTO gone_away_scratch VALUES (${'a,c'}), ('')`;
      return prisma.$queryRaw`SELECT s FROM gone_away_scratch ORDER BY s`;
    }),
  },
  {
    name: 'an id beyond 2^63',
    differs: { row: 'ids beyond 2^63', ours: { value: { id: '18446744073709551614n', title: 't' } } },
    run: async (prisma, sql) => {
      await sql("INSERT INTO user (id, email, updated_at) VALUES (1, 'a', NOW())");
      await sql('ALTER TABLE post AUTO_INCREMENT = 18446744073709551614');
      return prisma.post.create({ data: { title: 't', slug: 's', authorId: 1 }, select: { id: true, title: true } });
    },
  },
  {
    name: 'a date of zeros',
    differs: { row: 'dates with zeros', ours: { error: { code: 'P2020' } } },
    run: readAll('date', "'0000-00-00'"),
  },
  {
    name: 'a point in time of zeros',
    differs: { row: 'dates with zeros', ours: { error: { code: 'P2020', name: 'PrismaClientKnownRequestError' } } },
    run: readAll('dateTime', "'2024-00-00'"),
  },
  {
    name: 'a timestamp of zeros, in a raw query',
    differs: { row: 'dates with zeros', ours: { error: { code: 'P2010' } } },
    run: readRaw('timestamp', "'0000-00-00'"),
  },
  {
    name: 'a TIME of days',
    differs: { row: '`TIME` that is no time of day', ours: { error: { code: 'P2020' } } },
    run: readAll('time', "'838:59:59'"),
  },
  {
    name: 'a TIME below zero, in a raw query',
    differs: { row: '`TIME` that is no time of day', ours: { error: { code: 'P2010' } } },
    run: readRaw('time', "'-01:00:00'"),
  },
  {
    name: 'geometry',
    differs: { row: '`GEOMETRY`', ours: { error: { code: 'P2010' } } },
    run: (prisma) => prisma.$queryRaw`SELECT ST_GeomFromText('POINT(1 2)') AS place`,
  },
  {
    name: 'what cannot be prepared goes as text',
    differs: { row: 'statements that cannot be prepared', ours: { error: { cause: { code: 1644 } } }, on: 'mysql' },
    run: (prisma) => prisma.$executeRaw`SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'`,
  },
  {
    name: 'a number out of range in an expression',
    differs: { row: '1690', ours: { error: { code: 'P2020' } } },
    run: async (prisma) => {
      await prisma.user.create({ data: { email: 'a', balance: 1 } });
      return prisma.user.update({ where: { email: 'a' }, data: { balance: { decrement: 5 } } });
    },
  },
  {
    name: 'a value that the column cannot take',
    differs: { row: '1292, 1366', ours: { error: { code: 'P2010', cause: { kind: 'InvalidInputValue' } } } },
    run: (prisma) => prisma.$executeRaw`INSERT INTO all_types (money) VALUES (${'abc'})`,
  },
  {
    name: 'the fields of a composite foreign key',
    differs: { row: 'composite foreign keys', ours: { error: { cause: { constraint: { fields: ['a', 'b'] } } } } },
    run: onTable(
      'a BIGINT UNSIGNED, b INT, FOREIGN KEY (a, b) REFERENCES comment (post_id, number)',
      (prisma) => prisma.$executeRaw`INSERT INTO gone_away_scratch VALUES (1, 1)`,
    ),
  },
  {
    name: 'an empty statement',
    differs: { row: "the driver's own errors", ours: { error: { cause: { code: 1065 } } } },
    run: (prisma) => prisma.$executeRawUnsafe(''),
  },
  {
    name: 'too few parameters',
    differs: { row: "the driver's own errors", ours: { error: { cause: { code: 1210 } } }, on: 'mysql' },
    run: (prisma) => prisma.$queryRawUnsafe('SELECT ?, ?', 1),
  },
  {
    name: 'the rows of a procedure have the names of their columns',
    differs: { row: 'the rows of a `CALL`', ours: { value: [{ a: 'x', b: 'y' }] } },
    run: callOf("SELECT 'x' AS a, 'y' AS b"),
  },
  {
    name: 'a procedure with two results gives the rows of the first',
    differs: { row: 'the rows of a `CALL`', ours: { value: [{ a: 'x' }] } },
    run: callOf("BEGIN SELECT 'x' AS a; SELECT 'y' AS b; END"),
  },
  {
    name: 'a procedure that finds nothing gives no row',
    differs: { row: 'the rows of a `CALL`', ours: { value: [] } },
    run: callOf("SELECT 'x' AS a FROM DUAL WHERE 1 = 0"),
  },
  {
    name: 'a procedure that selects nothing gives no row',
    run: callOf('BEGIN DECLARE unused INT; SET unused = 1; END'),
  },
];

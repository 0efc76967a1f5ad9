import { makeTypedQueryFactory } from '@prisma/client/runtime/client';
import { Prisma as PrismaNamespace } from '../../../prisma/generated/client.ts';
import type { Operation } from './operation.ts';

/** What expressions give, without a table. */
const expressions: readonly string[] = [
  '1',
  '-1',
  '2147483648',
  '9223372036854775807',
  '18446744073709551615',
  '1.10',
  '1.10e0',
  '1 = 1',
  'NULL',
  "''",
  "'é😀'",
  "x'00ff'",
  "_binary 'abc'",
  "b'101'",
  'TRUE',
  "DATE'2024-02-29'",
  "TIME'12:34:56.5'",
  "TIMESTAMP'2024-02-29 12:34:56.123'",
  "CAST('2024-02-29 12:34:56' AS DATETIME(6))",
  "CAST('1.5' AS DECIMAL(65,30))",
  "CAST('a' AS BINARY(3))",
  "CAST('-5' AS SIGNED)",
  "CAST('5' AS UNSIGNED)",
  'CAST(1.5 AS DOUBLE)',
  'COUNT(*)',
  'SUM(1)',
  'AVG(1)',
  "CONCAT('a', 1)",
  "JSON_OBJECT('a', 1, 'b', JSON_ARRAY(1.5, NULL, 'x'))",
  "JSON_EXTRACT('{\"a\": [1, 2]}', '$.a')",
  "GROUP_CONCAT('a')",
  'IF(1, 2, 3.5)',
  'UNIX_TIMESTAMP(0)',
  "YEAR(DATE'2024-02-29')",
  "REPEAT('x', 70000)",
  "'? is not a parameter' /* ? nor this */",
  'PI()',
  '1e400 / 0',
  '0.1 + 0.2',
  'INTERVAL(1, 2)',
  'UUID() IS NOT NULL',
];

const parameters: readonly (readonly [name: string, sql: string, ...values: unknown[]])[] = [
  ['a BigInt that is computed with', '? + 1', 2n ** 63n - 2n],
  ['a BigInt below zero', '? - 1', -(2n ** 63n) + 1n],
  ['a BigInt beyond 64 bits', '? + 1', 2n ** 64n],
  ['an integer', '? + 1', 41],
  ['an integer beyond 32 bits', '? + 1', 2 ** 40],
  ['a fraction', '? * 2', 0.1],
  ['a string', 'CONCAT(?, ?)', "it's ? \\", '😀'],
  ['a boolean', '? + 1', true],
  ['bytes', 'HEX(?)', Buffer.from([0, 255, 39])],
  ['a date', 'CAST(? AS DATETIME(3))', new Date('2024-02-29T12:34:56.789Z')],
  ['a date, as it is', '?', new Date('2024-02-29T12:34:56.789Z')],
  ['a decimal, as text', 'CAST(? AS DECIMAL(65, 30))', new PrismaNamespace.Decimal('1.000000000000000000000000000001')],
  ['an object', "JSON_EXTRACT(?, '$.a')", { a: [1, 'x'] }],
  ['a date in an object', "JSON_EXTRACT(?, '$.a')", { a: new Date(0) }],
  ['question marks in strings and comments', "CONCAT('?', ?, '?') /* ? */", 'x'],
];

export const rawOperations: readonly Operation[] = [
  ...expressions.map(
    (sql): Operation => ({ name: `SELECT ${sql}`, run: (prisma) => prisma.$queryRawUnsafe(`SELECT ${sql} AS value`) }),
  ),
  ...parameters.map(
    ([name, sql, ...values]): Operation => ({
      name: `a parameter: ${name}`,
      run: (prisma) => prisma.$queryRawUnsafe(`SELECT ${sql} AS value`, ...values),
    }),
  ),
  {
    name: 'a tagged template with parts',
    run: (prisma) => {
      const where = PrismaNamespace.sql`value > ${1} AND value IN (${PrismaNamespace.join([2, 3])})`;
      return prisma.$queryRaw`SELECT value FROM (SELECT 1 AS value UNION ALL SELECT 2 UNION ALL SELECT 3) AS t WHERE ${where} ORDER BY 1`;
    },
  },
  {
    name: 'TypedSQL',
    run: (prisma) => {
      const byEmail = makeTypedQueryFactory('SELECT id, email FROM user WHERE email = ? OR id = ?');
      return prisma.$queryRawTyped(byEmail('a@example.com', 2) as never);
    },
  },
  { name: 'no rows', run: (prisma) => prisma.$queryRaw`SELECT id, email FROM user` },
  { name: 'columns of the same name', run: (prisma) => prisma.$queryRaw`SELECT 1 AS a, 2 AS a` },
  { name: '$queryRaw of a statement without rows', run: (prisma) => prisma.$queryRaw`UPDATE user SET name = 'x'` },
  { name: '$executeRaw of a SELECT', run: (prisma) => prisma.$executeRaw`SELECT 1` },
  {
    name: '$executeRaw counts the rows that it finds, changed or not',
    run: async (prisma) => {
      await prisma.user.createMany({ data: [{ email: 'a' }, { email: 'b' }] });
      return [
        await prisma.$executeRaw`UPDATE user SET name = ${'x'}`,
        await prisma.$executeRaw`UPDATE user SET name = ${'x'}`,
        await prisma.$executeRaw`INSERT INTO tag (id, label) VALUES (${'1'}, ${'a'}), (${'2'}, ${'b'})`,
        await prisma.$executeRaw`INSERT INTO tag (id, label) VALUES ('1', 'a') ON DUPLICATE KEY UPDATE label = 'z'`,
        await prisma.$executeRaw`REPLACE INTO tag (id, label) VALUES ('1', 'c')`,
        await prisma.$executeRaw`DELETE FROM tag`,
        await prisma.$executeRaw`DELETE FROM tag`,
      ];
    },
  },
  {
    name: 'schema changes',
    run: async (prisma) => [
      await prisma.$executeRaw`CREATE TABLE gone_away_scratch (id INT PRIMARY KEY)`,
      await prisma.$executeRaw`ALTER TABLE gone_away_scratch ADD COLUMN a INT`,
      await prisma.$queryRaw`DESCRIBE gone_away_scratch`,
      await prisma.$executeRaw`DROP TABLE gone_away_scratch`,
    ],
  },
  {
    name: 'SHOW and EXPLAIN',
    run: async (prisma) => [
      await prisma.$queryRaw`SHOW TABLES`,
      await prisma.$queryRaw`SHOW COLUMNS FROM user`,
      await prisma.$queryRaw`SHOW VARIABLES LIKE 'character_set_client'`,
    ],
  },
  {
    name: 'microseconds, in rows that others wrote',
    run: async (prisma, sql) => {
      await sql(
        "INSERT INTO all_types (dateTime6, timestamp6, time6) VALUES ('2024-02-29 12:34:56.123456', '2024-02-29 12:34:56.654321', '12:34:56.000001')",
      );
      return [
        await prisma.$queryRaw`SELECT dateTime6, timestamp6, time6 FROM all_types`,
        await prisma.allTypes.findMany(),
      ];
    },
  },
];

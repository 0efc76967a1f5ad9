import fc from 'fast-check';
import mysql from 'mysql2';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeStatement } from '../../adapters/prisma/adapter/statement-text.ts';
import { fuzzRun } from '../support/fuzz/fuzz-run.ts';
import { type Server, startServer } from '../support/server/server.ts';

const { TypedParameter: typed } = mysql;

let server: Server;

beforeAll(async () => {
  server = await startServer({ name: 'statement-text' });
  await server.admin('CREATE TABLE written_rows (id INT, text LONGTEXT CHARACTER SET utf8mb4, bytes LONGBLOB)');
});
afterAll(() => server?.destroy());

/** What ends a text, begins a comment, or is half of a character somewhere. `ソ` and `ħ` are sent with a backslash and an apostrophe in some charsets. */
const hostile = [
  ...["'", '"', '`', '\\', "\\'", "''", '\0', '\n', '\r', '\u001a', '/*', '*/', '/*!', '-- ', '#', ';', '?', ':a', '@'],
  ...[
    ' OR 1=1',
    "'; DROP TABLE written_rows; -- ",
    '%_',
    '\u00bf',
    "\u00bf'",
    '\u00bf\\',
    'ソ',
    '表',
    'ħ',
    '¥',
    '誠\\',
  ],
  ...['😀', '\ud800', '\udc00', '\uffff', '\ufeff', 'é', "x'41'", '0x', '_utf8mb4', 'a', '1'],
];
const text = fc.oneof(
  fc.array(fc.constantFrom(...hostile), { maxLength: 12 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xff_ff }).map((unit) => String.fromCharCode(unit)) }),
  fc.string(),
);

const modes = ['', 'NO_BACKSLASH_ESCAPES', 'ANSI_QUOTES', 'ANSI', 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES', 'TRADITIONAL'];
const charsets = ['utf8mb4', 'gbk', 'sjis', 'big5', 'cp932', 'euckr', 'latin1'];

/** Strings, names and comments that look like values, at each side of them. */
const select =
  "SELECT '?' AS `a?`, HEX(CONVERT(? USING utf8mb4)) AS t /* ? ' */, 'it''s' AS s, HEX(?) AS b -- ? \"\n, ? AS d, ? AS i, ? AS m, 7-? AS n";
const insert = 'INSERT INTO written_rows (id, text, bytes) VALUES (?, ?, ?), (?, NULL, ?)';

const written = (sql: string, values: Parameters<typeof writeStatement>[1]): string => {
  const result = writeStatement(sql, values);
  return 'sql' in result ? result.sql : expect.unreachable(result.refused);
};
const hex = (value: string) => Buffer.from(value).toString('hex').toUpperCase();

describe.each(modes.map((mode) => [mode === '' ? 'none' : mode, mode]))('with the sql_mode %s', (_, mode) => {
  it.each(charsets)('every text comes back unchanged, and changes nothing else: %s', async (charset) => {
    const connections: Connection[] = [
      await createConnection({ ...server.connectionOptions(), charset }),
      await createConnection({ ...server.connectionOptions(), multipleStatements: true }),
    ];
    try {
      // The second has another charset than its own side was told.
      await connections[1]?.query(`SET NAMES ${charset}`);
      for (const connection of connections) await connection.query(`SET SESSION sql_mode = '${mode}'`);
      await fc.assert(
        fc.asyncProperty(
          text,
          fc.uint8Array().map((bytes) => Buffer.from(bytes)),
          fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value)),
          fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
          fc.bigInt(-(10n ** 35n), 10n ** 35n),
          fc.integer({ min: 0, max: 1 }),
          async (value, bytes, double, integer, decimal, which) => {
            const connection = connections[which] ?? expect.unreachable();
            const values = [
              ...[value, bytes, typed.DOUBLE(double), typed.LONGLONG(integer)],
              ...[typed.NEWDECIMAL(`${decimal}.5`), typed.LONG(-3)],
            ];
            const [rows] = await connection.query<RowDataPacket[][]>({
              sql: written(select, values),
              ...{ supportBigNumbers: true, bigNumberStrings: true, rowsAsArray: true },
              // mysql2 itself loses the last digit of some.
              typeCast: (field, next) => (field.type === 'DOUBLE' ? Number(field.string()) : next()),
            });
            const row = ['?', hex(value), "it's", bytes.toString('hex').toUpperCase(), double, String(integer)];
            const exact = rows.map((cells) => cells.map((cell, at) => (at === 4 ? (cell as unknown) : String(cell))));
            expect(exact).toEqual([[...row, `${decimal}.5`, '10']]);

            await connection.query('DELETE FROM written_rows');
            await connection.query(written(insert, [typed.LONG(1), value, bytes, typed.LONG(2), value]));
            const [found] = await connection.query({
              sql: 'SELECT id, HEX(text), HEX(bytes) FROM written_rows ORDER BY id',
              rowsAsArray: true,
            });
            expect(found).toEqual([
              [1, hex(value), bytes.toString('hex').toUpperCase()],
              [2, null, expect.any(String)],
            ]);
          },
        ),
        fuzzRun(40),
      );
    } finally {
      for (const connection of connections) await connection.end();
    }
  });
});

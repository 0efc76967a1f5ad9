import type { ConnectionOptions } from 'mysql2/promise';
import { demoTables } from '../prisma/tables.ts';
import { withConnection } from '../test/support/server/server-admin.ts';

/** More than are under way at a time, so that no transaction waits for a row of another one. */
const rowCount = 1_000;

/** Of one read of `rows`. */
export const pageLength = 100;

export const itemValue = (id: number): number => id * 7;

/** The row that the call with this number is about. */
export const idOf = (call: number): number => 1 + (call % rowCount);

/** The first row of those that the call with this number reads. */
export const pageOf = (call: number): number => 1 + ((call * 13) % (rowCount - pageLength));

/** Makes the tables anew. */
export async function createData(target: ConnectionOptions): Promise<void> {
  const numbered = (value: (id: number) => number) =>
    Array.from({ length: rowCount }, (_, index) => `(${index + 1}, ${value(index + 1)})`).join();
  await withConnection(target, async (connection) => {
    await connection.query('DROP TABLE IF EXISTS items, accounts, operations');
    for (const sql of demoTables) await connection.query(sql);
    await connection.query(`INSERT INTO items VALUES ${numbered(itemValue)}`);
    await connection.query(`INSERT INTO accounts VALUES ${numbered(() => 0)}`);
  });
}

/** Writes of one cell are no burden for the next. */
export async function emptyOperations(target: ConnectionOptions): Promise<void> {
  await withConnection(target, (connection) => connection.query('TRUNCATE TABLE operations'));
}

export interface Written {
  /** Rows in `operations`. */
  readonly operations: number;
  /** The sum of all accounts. */
  readonly balance: number;
}

export async function countWritten(target: ConnectionOptions): Promise<Written> {
  return await withConnection(target, async (connection) => {
    const sql =
      'SELECT (SELECT COUNT(*) FROM operations) AS operations, (SELECT SUM(balance) FROM accounts) AS balance';
    const [[row]] = (await connection.query(sql)) as unknown as [[{ operations: unknown; balance: unknown }]];
    return { operations: Number(row.operations), balance: Number(row.balance) };
  });
}

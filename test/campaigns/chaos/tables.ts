import type { Connection, RowDataPacket } from 'mysql2/promise';
import { ledgerSql } from '../../../adapters/mysql2/index.ts';
import { demoTables } from '../../../prisma/tables.ts';

export const itemCount = 1_000;
export const accountCount = 200;
export const openingBalance = 10_000;
export const allTheMoney: number = accountCount * openingBalance;

/** What an item's value is, so that a read can be checked. */
export function itemValue(id: number): number {
  return id * 7;
}

/** What is in a client's tables when all is over. */
export interface Tables {
  readonly operations: readonly OperationRow[];
  readonly accounts: readonly { readonly id: number; readonly balance: number }[];
  /** Rows in the database that nobody is to write to. */
  readonly astray: number;
}

export interface OperationRow {
  /** Nothing is unique here: what is applied twice shows as two rows. */
  readonly opId: number;
  readonly from: number | null;
  readonly to: number | null;
  readonly amount: number | null;
}

/** Each client has a database of its own. */
export function databaseOf(client: string): string {
  return `chaos_${client.replaceAll('-', '_')}`;
}

/** Whose database it is; the inverse of {@link databaseOf}. */
export function clientOf(database: string): string {
  return database.replace(/^chaos_/, '').replaceAll('_', '-');
}

/** One that looks like it, that has other values, and that nobody asks for. */
export function foreignDatabaseOf(database: string): string {
  return `${database}_foreign`;
}

/** The value of the one row of `held`, on which slow reads wait. */
export const heldValue = 41;

const scratchTables = 10;

/** An empty table, which transactions may empty again. */
export function scratchTable(id: number): string {
  return `scratch_${id % scratchTables}`;
}

/** Makes the database of a client, which `app` may write to, and the one beside it. */
export async function createDatabase(root: Connection, client: string): Promise<void> {
  const database = databaseOf(client);
  await createOne(root, database, itemValue, openingBalance);
  await createOne(root, foreignDatabaseOf(database), () => -1, 0);
  for (let id = 0; id < scratchTables; id += 1)
    await root.query(`CREATE TABLE ${database}.${scratchTable(id)} (id INT NOT NULL PRIMARY KEY)`);
  await root.query(`CREATE TABLE ${database}.held (id INT NOT NULL PRIMARY KEY, value INT NOT NULL)`);
  await root.query(`INSERT INTO ${database}.held VALUES (1, ${heldValue})`);
  await root.query(`CREATE PROCEDURE ${database}.fail_half_way(id INT) SQL SECURITY INVOKER
    BEGIN
      START TRANSACTION;
      INSERT INTO operations (op_id) VALUES (id);
      SIGNAL SQLSTATE '45000';
    END`);
}

async function createOne(
  root: Connection,
  database: string,
  itemOf: (id: number) => number,
  balance: number,
): Promise<void> {
  const numbered = (count: number, value: (id: number) => number) =>
    Array.from({ length: count }, (_, index) => [index + 1, value(index + 1)]);
  await root.query(`CREATE DATABASE ${database}`);
  const [users] = await root.query("SELECT host AS host FROM mysql.user WHERE user = 'app'");
  for (const { host } of users as unknown as readonly { host: string }[])
    await root.query(`GRANT ALL ON ${database}.* TO app@'${host}'`);
  const inDatabase = (sql: string) => sql.replace(/^(CREATE TABLE (?:IF NOT EXISTS )?)/, `$1${database}.`);
  for (const sql of [...demoTables, ledgerSql()]) await root.query(inDatabase(sql));
  await root.query(`INSERT INTO ${database}.items VALUES ?`, [numbered(itemCount, itemOf)]);
  await root.query(`INSERT INTO ${database}.accounts VALUES ?`, [numbered(accountCount, () => balance)]);
}

/** To be asked when no statement of the client is under way any more. */
export async function readTables(root: Connection, client: string): Promise<Tables> {
  const database = databaseOf(client);
  const [operations] = await root.query(
    `SELECT op_id AS opId, from_account AS \`from\`, to_account AS \`to\`, amount FROM ${database}.operations`,
  );
  const [accounts] = await root.query(`SELECT id, balance FROM ${database}.accounts`);
  const foreign = foreignDatabaseOf(database);
  const [[counted] = []] = await root.query<RowDataPacket[]>(
    `SELECT (SELECT COUNT(*) FROM ${foreign}.operations) + (SELECT COUNT(*) FROM ${foreign}.gone_away_ledger) AS astray`,
  );
  return { operations, accounts, astray: Number(counted?.astray) } as unknown as Tables;
}

import { setTimeout as delay } from 'node:timers/promises';
import { eq, sql } from 'drizzle-orm';
import { int, mysqlTable } from 'drizzle-orm/mysql-core';
import { drizzle, type MySql2Database } from 'drizzle-orm/mysql2';
import { createPool } from 'mysql2/promise';
import { type Resilient, withResilience } from '../../../adapters/drizzle/index.ts';
import type { TransactionDefaults } from '../../../src/index.ts';
import {
  CallbackError,
  type ClientKind,
  expectRows,
  hugePadding,
  longResult,
  padding,
  type Work,
  WrongAnswer,
  whileUnderWay,
} from './client.ts';

const accounts = mysqlTable('accounts', { id: int().primaryKey(), balance: int().notNull() });
const operations = mysqlTable('operations', { opId: int('op_id').notNull() });
const numbers = mysqlTable('byte_numbers', { number: int().primaryKey() });

type Database = Resilient<MySql2Database>;
type Sender = Pick<Database, 'insert' | 'update' | 'select'>;

const insert = async (db: Sender, id: number) => await db.insert(operations).values({ opId: id });
const update = async (db: Sender, id: number) =>
  await db
    .update(accounts)
    .set({ balance: sql`${accounts.balance} + 1` })
    .where(eq(accounts.id, id));
const select = (db: Sender, id: number) => db.select({ id: accounts.id }).from(accounts).where(eq(accounts.id, id));

export const openDrizzle: ClientKind['open'] = (connection, policy) => {
  const pool = createPool({ ...connection, connectionLimit: 1 });
  const db: Database = withResilience(drizzle(pool), policy);
  const inTransaction =
    (options: TransactionDefaults): Work =>
    ({ id, callback }) =>
      db.transaction(async (tx) => {
        callback();
        await insert(tx, id);
        await update(tx, id);
        await select(tx, id);
        await insert(tx, id);
        await update(tx, id);
      }, options);
  const atOnce =
    (options: TransactionDefaults): Work =>
    ({ id, callback }) =>
      db.transaction(async (tx) => {
        callback();
        await Promise.all([insert(tx, id), update(tx, id)]);
      }, options);
  const forgetful =
    (options: TransactionDefaults): Work =>
    ({ id, callback, forget }) =>
      db.transaction(async (tx) => {
        callback();
        await insert(tx, id);
        forget(update(tx, id));
        select(tx, id).then(undefined, () => {});
      }, options);
  const throwing: Work = ({ id, callback, forget }) =>
    db.transaction(async (tx) => {
      callback();
      forget(update(tx, id));
      await delay(whileUnderWay);
      throw new CallbackError('mine');
    });
  return {
    warm: async () => await db.execute('SELECT 1'),
    end: () => pool.end(),
    work: {
      'safe read': async ({ id }) => expectRows(await select(db, id), [{ id }]),
      'locking read': async ({ id }) => expectRows(await select(db, id).for('update'), [{ id }]),
      insert: ({ id }) => insert(db, id),
      update: ({ id }) => update(db, id),
      execute: async ({ id }) =>
        await db
          .insert(operations)
          .values({ opId: sql.placeholder('id') })
          .prepare()
          .execute({ id }),
      'big insert': async ({ id }) =>
        await db.execute(sql`INSERT /* ${sql.raw(padding)} */ INTO operations (op_id) VALUES (${id})`),
      'huge insert': async ({ id }) =>
        await db.execute(sql`INSERT /* ${sql.raw(hugePadding)} */ INTO operations (op_id) VALUES (${id})`),
      transaction: inTransaction({}),
      'transaction with rerun': inTransaction({ rerun: true }),
      'two at once': atOnce({}),
      'two at once with rerun': atOnce({ rerun: true }),
      'forgotten write': forgetful({}),
      'forgotten write with rerun': forgetful({ rerun: true }),
      'thrown beside a write': throwing,
      iterator: () => iterate(db),
      connect: ({ id }) => insert(db, id),
    },
  };
};

/** Every row once and in order, as far as they come; the end only after the last one. */
async function iterate(db: Database): Promise<void> {
  let next = 0;
  for await (const { number } of db.select().from(numbers).orderBy(numbers.number).prepare().iterator()) {
    if (number !== next) throw new WrongAnswer(`Expected row ${next}, got ${number}`);
    next += 1;
  }
  if (next !== longResult) throw new WrongAnswer(`The rows ended after ${next} of ${longResult}`);
}

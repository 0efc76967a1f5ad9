import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { createPool, type QueryOptions } from 'mysql2/promise';
import { transaction, withResilience } from '../../../adapters/mysql2/index.ts';
import type { TransactionDefaults } from '../../../src/index.ts';
import {
  CallbackError,
  type ClientKind,
  expectRows,
  hugePadding,
  padding,
  type Run,
  type Work,
  whileUnderWay,
} from './client.ts';

const insert = 'INSERT INTO operations (op_id) VALUES (?)';
const update = 'UPDATE accounts SET balance = balance + 1 WHERE id = ?';
const select = 'SELECT id FROM accounts WHERE id = ?';

export const openMysql2: ClientKind['open'] = (connection, policy) => {
  const pool = withResilience(createPool({ ...connection, connectionLimit: 1 }), policy);
  const query =
    (sql: string): Work =>
    ({ id }) =>
      pool.query(sql, [id]);
  const read =
    (sql: string): Work =>
    async ({ id }) =>
      expectRows((await pool.query(sql, [id]))[0], [{ id }]);
  const inTransaction =
    (options: TransactionDefaults): Work =>
    ({ id, callback }: Run) =>
      transaction(
        pool,
        async (tx) => {
          callback();
          for (const sql of [insert, update, select, insert, update]) await tx.query(sql, [id]);
        },
        options,
      );
  const atOnce =
    (options: TransactionDefaults): Work =>
    ({ id, callback }: Run) =>
      transaction(
        pool,
        async (tx) => {
          callback();
          await Promise.all([tx.query(insert, [id]), tx.query(update, [id])]);
        },
        options,
      );
  const forgetful =
    (options: TransactionDefaults): Work =>
    ({ id, callback, forget }: Run) =>
      transaction(
        pool,
        async (tx) => {
          callback();
          await tx.query(insert, [id]);
          forget(tx.query(update, [id]));
          tx.query(select, [id]).catch(() => {});
        },
        options,
      );
  const throwing: Work = ({ id, callback, forget }: Run) =>
    transaction(pool, async (tx) => {
      callback();
      forget(tx.query(update, [id]));
      await delay(whileUnderWay);
      throw new CallbackError('mine');
    });
  return {
    warm: () => pool.query('SELECT 1'),
    end: () => pool.end(),
    work: {
      'safe read': read(select),
      'locking read': read(`${select} FOR UPDATE`),
      insert: query(insert),
      update: query(update),
      execute: ({ id }) => pool.execute(insert, [id]),
      'big insert': query(`INSERT /* ${padding} */ INTO operations (op_id) VALUES (?)`),
      'huge insert': query(`INSERT /* ${hugePadding} */ INTO operations (op_id) VALUES (?)`),
      transaction: inTransaction({}),
      'transaction with rerun': inTransaction({ rerun: true }),
      'two at once': atOnce({}),
      'two at once with rerun': atOnce({ rerun: true }),
      'forgotten write': forgetful({}),
      'forgotten write with rerun': forgetful({ rerun: true }),
      'thrown beside a write': throwing,
      'load data': ({ id }) => pool.query(loading(`${id}\n`)),
      connect: query(insert),
    },
  };
};

/** What mysql2 understands and its types do not say. The file comes in three pieces. */
function loading(line: string): QueryOptions {
  const infileStreamFactory = () => Readable.from([Buffer.from(line), Buffer.from(line), Buffer.from(line)]);
  const sql = "LOAD DATA LOCAL INFILE 'rows' INTO TABLE operations (op_id)";
  return { sql, infileStreamFactory } as QueryOptions;
}

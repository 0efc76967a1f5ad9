import { idOf, pageLength, pageOf } from '../data.ts';
import type { OpenContender } from './contender.ts';

/** Sends one statement with `?` for its values. */
export type Query = (sql: string, values: number[]) => PromiseLike<unknown>;

/** Runs `work` as one transaction. */
export type Transact = (work: (query: Query) => Promise<void>) => PromiseLike<unknown>;

/** The calls of whoever is spoken to in SQL. */
export function sqlCalls(query: Query, transact: Transact): Required<OpenContender['calls']> {
  return {
    ping: () => query('SELECT 1', []),
    point: (call) => query('SELECT * FROM items WHERE id = ?', [idOf(call)]),
    rows: (call) =>
      query('SELECT * FROM items WHERE id BETWEEN ? AND ?', [pageOf(call), pageOf(call) + pageLength - 1]),
    insert: (call) => query(insertOperation, [call, idOf(call)]),
    transaction: (call) => transact((send) => transfer(send, call)),
  };
}

const insertOperation = 'INSERT INTO operations (op_id, to_account, amount) VALUES (?, ?, 1)';

async function transfer(send: Query, call: number): Promise<void> {
  const id = idOf(call);
  await send('SELECT * FROM accounts WHERE id = ?', [id]);
  await send('UPDATE accounts SET balance = balance + 1 WHERE id = ?', [id]);
  await send(insertOperation, [call, id]);
}

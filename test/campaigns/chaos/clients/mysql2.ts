import type { Pool } from 'mysql2/promise';
import { type Resilient, type TransactionConnection, transaction } from '../../../../adapters/mysql2/index.ts';
import { allTheMoney, itemValue } from '../tables.ts';
import type { Work } from '../work.ts';
import { callOptions, expectAnswer, keyOf, transferOptions } from './client.ts';

const insertRow = 'INSERT INTO operations (op_id, amount) VALUES (?, ?)';

/** Runs one call with mysql2 and gone-away, as text or as prepared statements. */
export async function performWithMysql2(
  whole: Resilient<Pool>,
  work: Work,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const options = callOptions(work.kind, signal);
  const pool = Object.keys(options).length === 0 ? whole : whole.$resilience(options);
  switch (work.kind) {
    case 'read': {
      const [item] = await send(pool, work, 'SELECT value FROM items WHERE id = ?', [work.item]);
      return expectAnswer(`item ${work.item}`, item?.value, itemValue(work.item));
    }
    case 'sum': {
      const [row] = await send(pool, work, 'SELECT SUM(balance) AS sum FROM accounts');
      return expectAnswer('all the money', Number(row?.sum), allTheMoney);
    }
    case 'locking-read':
      return send(pool, work, 'SELECT * FROM accounts WHERE id = ? FOR UPDATE', [work.from]);
    case 'insert':
    case 'exact-insert':
      return send(pool, work, insertRow, [work.id, null]);
    case 'transfer':
    case 'transfer-rerun':
    case 'transfer-exact':
      return transaction(pool, (connection) => transfer(connection, work), transferOptions(work.kind));
    case 'keyed':
      return transaction(
        pool,
        async (connection) => {
          await send(connection, work, insertRow, [work.id, work.draw]);
          return work.draw;
        },
        { idempotencyKey: keyOf(work) },
      );
    case 'iterate':
    case 'batch':
      throw new Error(`mysql2 cannot do ${work.kind}`);
    default:
      return work.kind satisfies never;
  }
}

type Rows = readonly { readonly [column: string]: unknown }[];

/** Half of them prepared. */
async function send(
  sender: Pick<TransactionConnection, 'query' | 'execute'>,
  { draw }: Work,
  sql: string,
  values: (number | null)[] = [],
): Promise<Rows> {
  const [rows] = draw % 2 === 0 ? await sender.query(sql, values) : await sender.execute(sql, values);
  return rows as unknown as Rows;
}

async function transfer(connection: TransactionConnection, work: Work): Promise<void> {
  const { id, from, to, amount } = work;
  await send(connection, work, 'SELECT * FROM accounts WHERE id IN (?, ?) FOR UPDATE', [from, to]);
  await send(connection, work, 'INSERT INTO operations (op_id, from_account, to_account, amount) VALUES (?, ?, ?, ?)', [
    id,
    from,
    to,
    amount,
  ]);
  await send(connection, work, 'UPDATE accounts SET balance = balance - ? WHERE id = ?', [amount, from]);
  await send(connection, work, 'UPDATE accounts SET balance = balance + ? WHERE id = ?', [amount, to]);
}

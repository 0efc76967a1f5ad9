import type { Pool, RowDataPacket } from 'mysql2/promise';
import { type Resilient, type TransactionConnection, transaction } from '../../../../adapters/mysql2/index.ts';
import { allTheMoney, itemValue } from '../tables.ts';
import type { Work } from '../work.ts';
import { callOptions, expectAnswer, keyOf, transferOptions } from './client.ts';
import { type PlainWork, perform } from './perform.ts';
import type { Lone } from './session.ts';
import type { Sender } from './unruly.ts';

const readItem = 'SELECT value FROM items WHERE id = ?';
const lockAccount = 'SELECT * FROM accounts WHERE id = ? FOR UPDATE';
const insertRow = 'INSERT INTO operations (op_id, amount) VALUES (?, ?)';

export interface Mysql2Pools {
  readonly pool: Resilient<Pool>;
  readonly slowlyMade: Resilient<Pool>;
  readonly uncommitted: Resilient<Pool>;
  readonly database: string;
}

/** Runs one call with mysql2 and gone-away, as text or as prepared statements. */
export async function performWithMysql2(
  { pool, slowlyMade, uncommitted, database }: Mysql2Pools,
  work: Work,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const options = callOptions(work.kind, signal);
  const ofCall = (whole: Resilient<Pool>) => (Object.keys(options).length === 0 ? whole : whole.$resilience(options));
  const own = ofCall(pool);
  return perform(
    {
      plain: (plainWork) => performPlain(own, plainWork),
      transact: (callback, how) => transaction(own, (connection) => callback(senderOn(connection, work)), how),
      sessions: {
        ...loneOn(own),
        database,
        hold: () => own.getConnection(),
        slowlyMade: loneOn(ofCall(slowlyMade)),
        uncommitted: loneOn(ofCall(uncommitted)),
      },
    },
    work,
    signal,
  );
}

export function senderOn(connection: TransactionConnection, work: Work): Sender {
  return {
    insert: (id, amount) => send(connection, work, insertRow, [id, amount]),
    read: async (item) => (await send(connection, work, readItem, [item]))[0]?.value,
    lock: (account) => send(connection, work, lockAccount, [account]),
    send: (sql) => connection.query(sql),
  };
}

export function loneOn(pool: Pool): Lone {
  return {
    send: (sql) => pool.query(sql),
    read: async (sql) => {
      const [[row] = []] = await pool.query<RowDataPacket[]>(sql);
      return row?.value;
    },
  };
}

/** A call that sends one statement after the other; a read and an insert need nothing but mysql2. */
export async function performPlain(pool: Pool, work: PlainWork): Promise<unknown> {
  switch (work.kind) {
    case 'read': {
      const [item] = await send(pool, work, readItem, [work.item]);
      return expectAnswer(`item ${work.item}`, item?.value, itemValue(work.item));
    }
    case 'sum': {
      const [row] = await send(pool, work, 'SELECT SUM(balance) AS sum FROM accounts');
      return expectAnswer('all the money', Number(row?.sum), allTheMoney);
    }
    case 'locking-read':
      return send(pool, work, lockAccount, [work.from]);
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

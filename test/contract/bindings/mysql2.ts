import { type Pool as CallbackPool, createPool as createCallbackPool } from 'mysql2';
import { createPool, type Pool } from 'mysql2/promise';
import { type Resilient, transaction, withResilience } from '../../../adapters/mysql2/index.ts';
import type { CallOptions } from '../../../src/index.ts';
import { readAll, readEvents } from '../../support/mysql2/read-rows.ts';
import type { Binding, BindingStatements, CreateBinding, Rows } from '../binding.ts';

type Query = (sql: string, values: readonly number[]) => Promise<Rows>;

interface Resilience {
  readonly prepares: boolean;
  readonly pool: CallbackPool;
  readonly query: Query;
  /** Where `query` prepares: as text, for servers cannot prepare every statement. Left out: as `query`. */
  readonly send?: Query;
  readonly transaction: Binding['transaction'];
  with(options: CallOptions): Resilience;
  end(): Promise<unknown>;
}

type Method = 'query' | 'execute';

/** A promise pool, and one of its methods: the text protocol, or prepared statements. */
export const promisePoolBy =
  (method: Method): CreateBinding =>
  ({ connection, connectionLimit = 10, policy }) => {
    const bare = createPool({ ...connection, connectionLimit });
    const askOf =
      (sender: Pick<Pool, Method>): Query =>
      async (sql, values) =>
        (await (sender[method] as Pool['query'])(sql, [...values]))[0] as Rows;
    const from = (pool: Resilient<Pool>): Resilience => ({
      prepares: method === 'execute',
      pool: bare.pool,
      query: askOf(pool),
      transaction: (callback, options) =>
        transaction(pool, (tx, context) => callback(statements(askOf(tx)), context), options),
      with: (options) => from(pool.$resilience(options)),
      end: () => pool.end(),
    });
    return createBinding(from(withResilience(bare, policy)));
  };

export const createPromiseBinding: CreateBinding = promisePoolBy('query');

type Ask = (pool: CallbackPool, sql: string, values: readonly number[]) => Promise<Rows>;

const calledBack =
  (method: Method): Ask =>
  (pool, sql, values) =>
    new Promise((resolve, reject) => {
      (pool[method] as CallbackPool['query'])(sql, [...values], (error: unknown, rows: unknown) =>
        error ? reject(error) : resolve(rows as Rows),
      );
    });

/** All ways to hear what a callback pool has for a statement. */
export const callbackWays = {
  'query()': calledBack('query'),
  'execute()': calledBack('execute'),
  'a stream': async (pool, sql, values) => (await readAll(pool.query(sql, [...values]).stream())) as Rows,
  events: async (pool, sql, values) => (await readEvents(pool.query(sql, [...values]))) as Rows,
} as const satisfies Record<string, Ask>;

type Way = keyof typeof callbackWays;

/** A callback pool. Servers cannot prepare every statement: `send` is for what has to go as text. */
export const callbackPoolBy =
  (way: Way, send: Way = way): CreateBinding =>
  ({ connection, connectionLimit = 10, policy }) => {
    const bare = createCallbackPool({ ...connection, connectionLimit });
    const method = way === 'execute()' ? 'execute' : 'query';
    const from = (pool: Resilient<CallbackPool>): Resilience => ({
      prepares: method === 'execute',
      pool: bare,
      query: (sql, values) => callbackWays[way](pool, sql, values),
      send: (sql) => callbackWays[send](pool, sql, []),
      transaction: (callback, options) =>
        transaction(
          pool,
          (tx, context) =>
            callback(
              statements(
                async (sql, values) => (await (tx[method] as Pool['query'])(sql, [...values]))[0] as Rows,
                async (sql) => (await tx.query(sql))[0] as Rows,
              ),
              context,
            ),
          options,
        ),
      with: (options) => from(pool.$resilience(options)),
      end: () =>
        new Promise<void>((resolve, reject) => {
          pool.end((error) => (error ? reject(error) : resolve()));
        }),
    });
    return createBinding(from(withResilience(bare, policy)));
  };

/** A callback pool, and its `execute()`: prepared statements. */
export const createCallbackBinding: CreateBinding = callbackPoolBy('execute()', 'query()');

function statements(query: Query, send: Query = query): BindingStatements {
  return {
    read: () => ids(query('SELECT id FROM stage_rows ORDER BY seq', [])),
    insert: (id) => query('INSERT INTO stage_rows (id) VALUES (?)', [id]),
    count: (id) => query('UPDATE stage_keyed SET writes = writes + 1 WHERE id = ?', [id]),
    send: (sql) => send(sql, []),
    rowsOf: (sql) => query(sql, []),
  };
}

function createBinding({
  prepares,
  pool,
  query,
  send,
  transaction: runTransaction,
  with: derive,
  end,
}: Resilience): Binding {
  const idempotent = derive({ idempotent: true });
  return {
    prepares,
    pool,
    ...statements(query, send),
    readForUpdate: () => ids(query('SELECT id FROM stage_rows ORDER BY seq FOR UPDATE', [])),
    upsertIdempotently: (id) =>
      idempotent.query('INSERT INTO stage_keyed (id) VALUES (?) ON DUPLICATE KEY UPDATE writes = writes + 1', [id]),
    select: async (expression) => (await query(`SELECT ${expression} AS value`, []))[0]?.value,
    transaction: runTransaction,
    with: (options) => createBinding(derive(options)),
    end,
  };
}

async function ids(rows: Promise<Rows>): Promise<readonly number[]> {
  return (await rows).map(({ id }) => Number(id));
}

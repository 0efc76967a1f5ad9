import { type Pool as CallbackPool, createPool as createCallbackPool } from 'mysql2';
import { createPool, type Pool } from 'mysql2/promise';
import { type Resilient, transaction, withResilience } from '../../../adapters/mysql2/index.ts';
import type { CallOptions } from '../../../src/index.ts';
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

/** A promise pool, and its `query()`: the text protocol. */
export const createPromiseBinding: CreateBinding = ({ connection, connectionLimit = 10, policy }) => {
  const bare = createPool({ ...connection, connectionLimit });
  const from = (pool: Resilient<Pool>): Resilience => ({
    prepares: false,
    pool: bare.pool,
    query: async (sql, values) => (await pool.query(sql, [...values]))[0] as Rows,
    transaction: (callback, options) =>
      transaction(
        pool,
        (tx, context) =>
          callback(
            statements(async (sql, values) => (await tx.query(sql, [...values]))[0] as Rows),
            context,
          ),
        options,
      ),
    with: (options) => from(pool.$resilience(options)),
    end: () => pool.end(),
  });
  return createBinding(from(withResilience(bare, policy)));
};

/** A callback pool, and its `execute()`: prepared statements. */
export const createCallbackBinding: CreateBinding = ({ connection, connectionLimit = 10, policy }) => {
  const bare = createCallbackPool({ ...connection, connectionLimit });
  const from = (pool: Resilient<CallbackPool>): Resilience => ({
    prepares: true,
    pool: bare,
    query: (sql, values) =>
      new Promise((resolve, reject) => {
        pool.execute(sql, [...values], (error, rows) => (error ? reject(error) : resolve(rows as Rows)));
      }),
    send: (sql) =>
      new Promise((resolve, reject) => {
        pool.query(sql, (error, rows) => (error ? reject(error) : resolve(rows as Rows)));
      }),
    transaction: (callback, options) =>
      transaction(
        pool,
        (tx, context) =>
          callback(
            statements(
              async (sql, values) => (await tx.execute(sql, [...values]))[0] as Rows,
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

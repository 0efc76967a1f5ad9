import { type Pool as CallbackPool, createPool as createCallbackPool } from 'mysql2';
import { createPool, type Pool } from 'mysql2/promise';
import { withResilience } from '../../../adapters/mysql2/index.ts';
import type { CallOptions } from '../../../src/index.ts';
import type { Binding, CreateBinding } from '../binding.ts';

type Rows = readonly Readonly<Record<string, unknown>>[];
type Query = (sql: string, values: readonly number[]) => Promise<Rows>;

interface Resilience {
  readonly query: Query;
  with(options: CallOptions): Resilience;
  end(): Promise<unknown>;
}

/** A promise pool, and its `query()`: the text protocol. */
export const createPromiseBinding: CreateBinding = ({ connection, connectionLimit = 10, policy }) => {
  const from = (pool: Pool & { $resilience(options: CallOptions): Pool }): Resilience => ({
    query: async (sql, values) => (await pool.query(sql, [...values]))[0] as Rows,
    with: (options) => from(pool.$resilience(options) as typeof pool),
    end: () => pool.end(),
  });
  return createBinding(from(withResilience(createPool({ ...connection, connectionLimit }), policy)));
};

/** A callback pool, and its `execute()`: prepared statements. */
export const createCallbackBinding: CreateBinding = ({ connection, connectionLimit = 10, policy }) => {
  const from = (pool: CallbackPool & { $resilience(options: CallOptions): CallbackPool }): Resilience => ({
    query: (sql, values) =>
      new Promise((resolve, reject) => {
        pool.execute(sql, [...values], (error, rows) => (error ? reject(error) : resolve(rows as Rows)));
      }),
    with: (options) => from(pool.$resilience(options) as typeof pool),
    end: () =>
      new Promise<void>((resolve, reject) => {
        pool.end((error) => (error ? reject(error) : resolve()));
      }),
  });
  return createBinding(from(withResilience(createCallbackPool({ ...connection, connectionLimit }), policy)));
};

function createBinding({ query, with: derive, end }: Resilience): Binding {
  const idempotent = derive({ idempotent: true });
  const ids = async (rows: Promise<Rows>) => (await rows).map(({ id }) => Number(id));
  return {
    read: () => ids(query('SELECT id FROM stage_rows ORDER BY seq', [])),
    readForUpdate: () => ids(query('SELECT id FROM stage_rows ORDER BY seq FOR UPDATE', [])),
    insert: (id) => query('INSERT INTO stage_rows (id) VALUES (?)', [id]),
    upsertIdempotently: (id) =>
      idempotent.query('INSERT INTO stage_keyed (id) VALUES (?) ON DUPLICATE KEY UPDATE writes = writes + 1', [id]),
    select: async (expression) => (await query(`SELECT ${expression} AS value`, []))[0]?.value,
    transaction: undefined,
    with: (options) => createBinding(derive(options)),
    end,
  };
}

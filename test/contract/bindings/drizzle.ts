import { eq, sql } from 'drizzle-orm';
import { int, mysqlTable } from 'drizzle-orm/mysql-core';
import { drizzle, type MySql2Database } from 'drizzle-orm/mysql2';
import { createPool, type Pool } from 'mysql2/promise';
import { type Resilient, withResilience } from '../../../adapters/drizzle/index.ts';
import type { Binding, BindingStatements, CreateBinding, Rows } from '../binding.ts';

const stageRows = mysqlTable('stage_rows', { seq: int().autoincrement().primaryKey(), id: int().notNull() });
const stageKeyed = mysqlTable('stage_keyed', { id: int().primaryKey(), writes: int().notNull().default(1) });
const countedUp = { writes: sql`${stageKeyed.writes} + 1` };

type Database = Resilient<MySql2Database & { readonly $client: Pool }>;
type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];

export const createDrizzleBinding: CreateBinding = ({ connection, connectionLimit = 10, policy }) => {
  const pool = createPool({ ...connection, connectionLimit });
  return createBinding(withResilience(drizzle(pool), policy));
};

function statements(db: Database | Transaction): BindingStatements {
  return {
    read: async () =>
      (await db.select({ id: stageRows.id }).from(stageRows).orderBy(stageRows.seq)).map(({ id }) => id),
    // Drizzle sends nothing before somebody waits for it; the suite wants it under way at once.
    insert: async (id) => await db.insert(stageRows).values({ id }),
    count: async (id) => await db.update(stageKeyed).set(countedUp).where(eq(stageKeyed.id, id)),
    send: async (text) => await db.execute(sql.raw(text)),
    rowsOf: async (text) => (await db.execute(sql.raw(text)))[0] as unknown as Rows,
  };
}

function createBinding(db: Database): Binding {
  const own = statements(db);
  return {
    prepares: false,
    pool: db.$client.pool,
    ...own,
    readForUpdate: async () =>
      (await db.select({ id: stageRows.id }).from(stageRows).orderBy(stageRows.seq).for('update')).map(({ id }) => id),
    upsertIdempotently: async (id) =>
      await db
        .$resilience({ idempotent: true })
        .insert(stageKeyed)
        .values({ id })
        .onDuplicateKeyUpdate({ set: countedUp }),
    select: async (expression) => (await own.rowsOf(`SELECT ${expression} AS value`))[0]?.value,
    transaction: (callback, options) => db.transaction((tx, context) => callback(statements(tx), context), options),
    with: (options) => createBinding(db.$resilience(options)),
    end: () => db.$client.end(),
  };
}

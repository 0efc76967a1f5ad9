import { sql } from 'drizzle-orm';
import { int, mysqlTable } from 'drizzle-orm/mysql-core';
import { drizzle } from 'drizzle-orm/mysql2';
import { createPool as createCallbackPool } from 'mysql2';
import { createPool, type Pool, type PoolOptions } from 'mysql2/promise';
import { withResilience as withResilientDatabase } from '../../../adapters/drizzle/index.ts';
import { type ResilientClient, registeredClient } from '../../../adapters/mysql2/client.ts';
import { transaction, withResilience } from '../../../adapters/mysql2/index.ts';
import { PrismaMySQL2 } from '../../../adapters/prisma/adapter/index.ts';
import { resilience } from '../../../adapters/prisma/index.ts';
import { PrismaClient } from '../../../prisma/generated/client.ts';
import type { ResilienceOptions, TransactionOptions } from '../../../src/index.ts';
import { retryPolicy } from '../../../src/index.ts';

/** What can be done in a transaction. The table is `stage_rows`. */
export interface LedgerStatements {
  insert(id: number): Promise<unknown>;
  /** Any other statement. */
  run(statement: string): Promise<unknown>;
}

export type LedgerCallback<T> = (tx: LedgerStatements) => Promise<T>;

/** One way to use `exactlyOnce`. */
export interface LedgerBinding {
  transaction<T>(callback: LedgerCallback<T>, options?: TransactionOptions): Promise<T>;
  /** One INSERT that is wrapped into a transaction with a token. */
  insertOnce(id: number): Promise<unknown>;
  /** What owns the connections. */
  readonly client: ResilientClient;
  readonly pool: Pool;
  end(): Promise<unknown>;
}

export interface LedgerBindingOptions {
  readonly connection: PoolOptions;
  readonly policy?: ResilienceOptions;
}

export type CreateLedgerBinding = (options: LedgerBindingOptions) => LedgerBinding;

const rows = mysqlTable('stage_rows', { seq: int().autoincrement().primaryKey(), id: int().notNull() });

const createDrizzle: CreateLedgerBinding = ({ connection, policy }) => {
  const pool = createPool(connection);
  const db = withResilientDatabase(drizzle(pool), policy);
  return {
    transaction: (callback, options) =>
      db.transaction(
        (tx) =>
          callback({
            insert: async (id) => await tx.insert(rows).values({ id }),
            run: async (statement) => await tx.execute(sql.raw(statement)),
          }),
        options,
      ),
    insertOnce: async (id) => await db.$resilience({ exactlyOnce: true }).insert(rows).values({ id }),
    client: registeredClient(db.$client) as ResilientClient,
    pool,
    end: () => pool.end(),
  };
};

const insertion = 'INSERT INTO stage_rows (id) VALUES (?)';

/** Transactions of a pool, whose inserts are sent in one of the two ways. */
const transactionsOn =
  (
    pool: Parameters<typeof transaction>[0],
    method: 'query' | 'execute',
  ): ReturnType<CreateLedgerBinding>['transaction'] =>
  (callback, options) =>
    transaction(
      pool,
      (tx) =>
        callback({
          insert: (id) => (method === 'query' ? tx.query(insertion, [id]) : tx.execute(insertion, [id])),
          run: (statement) => tx.query(statement),
        }),
      options,
    );

export const createPlainLedgerBinding: CreateLedgerBinding = ({ connection, policy }) => {
  const pool = createPool(connection);
  const resilient = withResilience(pool, policy);
  return {
    transaction: transactionsOn(resilient, 'query'),
    insertOnce: (id) => resilient.$resilience({ exactlyOnce: true }).query(insertion, [id]),
    client: registeredClient(resilient) as ResilientClient,
    pool,
    end: () => pool.end(),
  };
};

/** The same pool as its callbacks see it. */
const createCallback: CreateLedgerBinding = ({ connection, policy }) => {
  const pool = createCallbackPool(connection);
  const resilient = withResilience(pool, policy);
  return {
    transaction: transactionsOn(resilient, 'execute'),
    insertOnce: (id) =>
      new Promise((resolve, reject) => {
        resilient
          .$resilience({ exactlyOnce: true })
          .execute(insertion, [id], (error, result) => (error ? reject(error) : resolve(result)));
      }),
    client: registeredClient(resilient) as ResilientClient,
    pool: pool.promise(),
    end: () => pool.promise().end(),
  };
};

const createPrisma: CreateLedgerBinding = ({ connection, policy }) => {
  const pool = createPool(connection);
  const resilient = withResilience(pool, policy);
  const prisma = new PrismaClient({
    adapter: new PrismaMySQL2(resilient),
    transactionOptions: { maxWait: 60_000, timeout: 60_000 },
  }).$extends(resilience(retryPolicy(policy)));
  return {
    transaction: (callback, options) =>
      prisma.$transaction(
        (tx) =>
          callback({
            insert: async (id) => await tx.$executeRaw`INSERT INTO stage_rows (id) VALUES (${id})`,
            run: async (statement) => await tx.$executeRawUnsafe(statement),
          }),
        options,
      ),
    insertOnce: async (id) =>
      await prisma.$resilience({ exactlyOnce: true }).$executeRaw`INSERT INTO stage_rows (id) VALUES (${id})`,
    client: registeredClient(resilient) as ResilientClient,
    pool,
    end: async () => {
      await pool.end();
      await prisma.$disconnect();
    },
  };
};

/** Everybody who can be asked for `exactlyOnce`. */
export const ledgerBindings: readonly { readonly name: string; readonly create: CreateLedgerBinding }[] = [
  { name: 'mysql2', create: createPlainLedgerBinding },
  { name: 'Drizzle', create: createDrizzle },
  { name: 'Prisma', create: createPrisma },
];

/** With what differs from them in its call forms alone. */
export const everyLedgerBinding: typeof ledgerBindings = [
  ...ledgerBindings,
  { name: 'a callback pool of mysql2', create: createCallback },
];

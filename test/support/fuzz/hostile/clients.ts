import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/mysql2';
import { type ConnectionOptions, createPool as createCallbackPool, type Pool } from 'mysql2';
import { createPool } from 'mysql2/promise';
import { withResilience as withResilientDrizzle } from '../../../../adapters/drizzle/index.ts';
import { transaction, withResilience } from '../../../../adapters/mysql2/index.ts';
import { PrismaMySQL2 } from '../../../../adapters/prisma/adapter/index.ts';
import { resilience } from '../../../../adapters/prisma/index.ts';
import { PrismaClient } from '../../../../prisma/generated/client.ts';
import type { ResilienceOptions, TransactionDefaults } from '../../../../src/index.ts';
import { retryPolicy } from '../../../../src/index.ts';

/** One way to use this package, reduced to what is asked of a server that misbehaves. */
export interface Client {
  /** Ids, by the text protocol or a prepared statement; whatever came, where it is no list. */
  read(): Promise<unknown>;
  readPrepared(): Promise<unknown>;
  write(id: number): Promise<unknown>;
  /** One row in a transaction. */
  transaction(id: number, options?: TransactionDefaults): Promise<unknown>;
  end(): Promise<unknown>;
  readonly pool: Pool;
}

export const clientNames = ['promise pool', 'callback pool', 'Drizzle', 'Prisma'] as const;
export type ClientName = (typeof clientNames)[number];

const select = 'SELECT id FROM stage_rows ORDER BY seq';
const selectPrepared = 'SELECT id FROM stage_rows WHERE seq >= ? ORDER BY seq';
const insert = 'INSERT INTO stage_rows (id) VALUES (?)';

export function createClient(name: ClientName, connection: ConnectionOptions, policy: ResilienceOptions): Client {
  return makers[name](connection, policy);
}

type Make = (connection: ConnectionOptions, policy: ResilienceOptions) => Client;

const makers: { readonly [N in ClientName]: Make } = {
  'promise pool': (connection, policy) => {
    const bare = createPool(connection);
    const pool = withResilience(bare, policy);
    return {
      read: async () => idsOf((await pool.query(select))[0]),
      readPrepared: async () => idsOf((await pool.execute(selectPrepared, [0]))[0]),
      write: (id) => pool.query(insert, [id]),
      transaction: (id, options) => transaction(pool, (tx) => tx.query(insert, [id]), options),
      end: () => pool.end(),
      pool: corePool(bare),
    };
  },
  'callback pool': (connection, policy) => {
    const bare = createCallbackPool(connection);
    const pool = withResilience(bare, policy);
    const send = (method: 'query' | 'execute', text: string, values: readonly number[]) =>
      new Promise<unknown>((resolve, reject) => {
        const told = (error: unknown, rows: unknown) => (error ? reject(error) : resolve(rows));
        if (method === 'query') pool.query(text, [...values], told);
        else pool.execute(text, [...values], told);
      });
    return {
      read: async () => idsOf(await send('query', select, [])),
      readPrepared: async () => idsOf(await send('execute', selectPrepared, [0])),
      write: (id) => send('execute', insert, [id]),
      transaction: (id, options) => transaction(pool, (tx) => tx.execute(insert, [id]), options),
      end: () => new Promise<void>((resolve) => pool.end(() => resolve())),
      pool: bare,
    };
  },
  Drizzle: (connection, policy) => {
    const bare = createPool(connection);
    const db = withResilientDrizzle(drizzle(bare), policy);
    const insertOf = (id: number) => sql`INSERT INTO stage_rows (id) VALUES (${id})`;
    return {
      read: async () => idsOf((await db.execute(sql.raw(select)))[0]),
      readPrepared: async () =>
        idsOf((await db.execute(sql`SELECT id FROM stage_rows WHERE seq >= ${0} ORDER BY seq`))[0]),
      write: async (id) => db.execute(insertOf(id)),
      transaction: (id, options) => db.transaction(async (tx) => tx.execute(insertOf(id)), options),
      end: () => bare.end(),
      pool: corePool(bare),
    };
  },
  Prisma: (connection, policy) => {
    const bare = createPool(connection);
    const prisma = new PrismaClient({ adapter: new PrismaMySQL2(bare, { policy }) }).$extends(
      resilience(retryPolicy(policy)),
    );
    return {
      read: async () => idsOf(await prisma.$queryRawUnsafe(select)),
      readPrepared: async () => idsOf(await prisma.$queryRawUnsafe(selectPrepared, 0)),
      write: async (id) => prisma.$executeRawUnsafe(insert, id),
      transaction: (id, options) => prisma.$transaction(async (tx) => tx.$executeRawUnsafe(insert, id), options),
      end: async () => {
        await prisma.$disconnect();
        await bare.end();
      },
      pool: corePool(bare),
    };
  },
};

function corePool(pool: object): Pool {
  return (pool as { pool: Pool }).pool;
}

function idsOf(rows: unknown): unknown {
  return Array.isArray(rows) ? rows.map((row: { id?: unknown }) => Number(row.id)) : rows;
}

/** How many connections the pool counts, and how many of them are idle. */
export function poolCounts(pool: Pool): { readonly all: number; readonly idle: number } {
  const { _allConnections, _freeConnections } = pool as unknown as Record<string, { readonly length: number }>;
  return { all: _allConnections?.length ?? 0, idle: _freeConnections?.length ?? 0 };
}

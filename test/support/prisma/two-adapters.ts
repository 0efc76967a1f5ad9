import { createConnection, createPool, type Pool, type PoolOptions } from 'mysql2/promise';
import { PrismaMySQL2 } from '../../../adapters/prisma/adapter/index.ts';
import { PrismaClient } from '../../../prisma/generated/client.ts';
import { createTables, emptyTables } from '../../../prisma/tables.ts';
import type { Server } from '../server/server.ts';
import { createPrismaMariaDb } from './prisma-mariadb.ts';

export type Prisma = PrismaClient;

/** Prisma's own adapter, and ours, on the same server. */
export interface TwoAdapters {
  readonly theirs: Prisma;
  readonly ours: Prisma;
  readonly pool: Pool;
  /** Sends a statement on a connection that has no `sql_mode`. */
  sql(statement: string): Promise<unknown>;
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** @param options of the pool that ours is given */
export async function createTwoAdapters(server: Server, options: PoolOptions = {}): Promise<TwoAdapters> {
  const pool = createPool({ ...server.connectionOptions(), ...options });
  const theirs = new PrismaClient({
    adapter: createPrismaMariaDb(server.connectionOptions(), { connectionLimit: 10 }),
  });
  const ours = new PrismaClient({ adapter: new PrismaMySQL2(pool) });
  const setup = await createConnection({ ...server.connectionOptions(), timezone: 'Z' });
  await setup.query("SET SESSION sql_mode = ''");
  const sql = (statement: string) => setup.query(statement);
  await createTables(sql);
  return {
    theirs,
    ours,
    pool,
    sql,
    reset: () => emptyTables(sql),
    close: async () => {
      await Promise.all([theirs.$disconnect(), ours.$disconnect()]);
      await Promise.all([pool.end(), setup.end()]);
    },
  };
}

import { createConnection, createPool, type PoolOptions } from 'mysql2/promise';
import { PrismaMySQL2 } from '../../../adapters/prisma/adapter/index.ts';
import { PrismaClient } from '../../../prisma/generated/client.ts';
import { createTables, emptyTables } from '../../../prisma/tables.ts';
import type { Server } from '../server/server.ts';

/** Prisma on our adapter, and tables to work on. */
export interface OneWay {
  readonly prisma: PrismaClient;
  /** Sends a statement on a connection that has no `sql_mode`. */
  sql(statement: string): Promise<unknown>;
  reset(): Promise<void>;
  close(): Promise<void>;
}

export async function createOneWay(server: Server, options: PoolOptions = {}): Promise<OneWay> {
  const pool = createPool({ ...server.connectionOptions(), ...options });
  const prisma = new PrismaClient({ adapter: new PrismaMySQL2(pool) });
  const setup = await createConnection({ ...server.connectionOptions(), timezone: 'Z' });
  await setup.query("SET SESSION sql_mode = ''");
  const sql = (statement: string) => setup.query(statement);
  await createTables(sql);
  return {
    prisma,
    sql,
    reset: () => emptyTables(sql),
    close: async () => {
      await prisma.$disconnect();
      await Promise.all([pool.end(), setup.end()]);
    },
  };
}

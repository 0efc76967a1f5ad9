import { createPool, type Pool, type PoolOptions } from 'mysql2/promise';
import { PrismaMySQL2 } from '../../../adapters/prisma/adapter/index.ts';
import { PrismaClient } from '../../../prisma/generated/client.ts';
import type { ResilienceOptions } from '../../../src/index.ts';

/** Prisma on a pool, and the end of both. */
export interface PrismaOnPool {
  readonly prisma: PrismaClient;
  readonly pool: Pool;
  close(): Promise<void>;
}

export async function createPrismaOn(options: PoolOptions, policy: ResilienceOptions = {}): Promise<PrismaOnPool> {
  const pool = createPool(options);
  const prisma = new PrismaClient({ adapter: new PrismaMySQL2(pool, { policy }) });
  await prisma.$connect();
  return {
    prisma,
    pool,
    close: async () => {
      await prisma.$disconnect();
      await pool.end();
    },
  };
}

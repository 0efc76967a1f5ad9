import { setMaxListeners } from 'node:events';
import { drizzle } from 'drizzle-orm/mysql2';
import { createPool, type Pool, type PoolOptions } from 'mysql2/promise';
import { withResilience as withDrizzle } from '../../../../adapters/drizzle/index.ts';
import { withResilience } from '../../../../adapters/mysql2/index.ts';
import { PrismaMySQL2 } from '../../../../adapters/prisma/adapter/index.ts';
import { resilience } from '../../../../adapters/prisma/index.ts';
import { PrismaClient } from '../../../../prisma/generated/client.ts';
import { retryPolicy } from '../../../../src/index.ts';
import { naiveRetry } from '../../../support/naive-retry.ts';
import type { CallKind } from '../history.ts';
import { type Client, policy } from './client.ts';
import { performWithBareDrizzle, performWithDrizzle } from './drizzle.ts';
import { performWithMysql2 } from './mysql2.ts';
import { type Database, performWithPrisma } from './prisma.ts';

interface ClientKind {
  /** What it can do. */
  readonly kinds: readonly CallKind[];
  /** Whether it is held to the promises of this package. */
  readonly ours: boolean;
  open(options: PoolOptions): Client;
}

const plain = ['read', 'sum', 'locking-read', 'insert', 'transfer'] as const;
const all = [...plain, 'exact-insert', 'transfer-rerun', 'transfer-exact', 'keyed'] as const;

export const clientKinds = {
  drizzle: {
    kinds: [...all, 'iterate'],
    ours: true,
    open(options) {
      const pool = createPool(options);
      const db = withDrizzle(drizzle(pool), policy);
      return onPool(pool, (work, signal) => performWithDrizzle(db, work, signal));
    },
  },
  prisma: {
    kinds: [...all, 'batch'],
    ours: true,
    open(options) {
      const pool = createPool(options);
      const prisma = new PrismaClient({ adapter: new PrismaMySQL2(pool, { policy }) }).$extends(
        resilience(retryPolicy(policy)),
      );
      // Prisma's types have no name for what the extension adds to a client.
      const db = prisma as unknown as Database;
      const client = onPool(pool, (work, signal) => performWithPrisma(db, work, signal));
      return { ...client, end: () => prisma.$disconnect().then(client.end) };
    },
  },
  mysql2: {
    kinds: all,
    ours: true,
    open(options) {
      const own = createPool(options);
      const pool = withResilience(own, policy);
      return onPool(own, (work, signal) => performWithMysql2(pool, work, signal));
    },
  },
  'bare-drizzle': {
    kinds: plain,
    ours: false,
    open(options) {
      const pool = createForgivingPool(options);
      const db = drizzle(pool);
      return onPool(pool, (work) => performWithBareDrizzle(db, work));
    },
  },
  naive: {
    kinds: plain,
    ours: false,
    open(options) {
      const pool = createForgivingPool(options);
      const db = drizzle(pool);
      const never = new AbortController().signal;
      // p-retry listens once for each call.
      setMaxListeners(0, never);
      return onPool(pool, (work, signal) => naiveRetry(() => performWithBareDrizzle(db, work), signal ?? never));
    },
  },
} satisfies Record<string, ClientKind>;

export type ClientName = keyof typeof clientKinds;

export const clientNames = Object.keys(clientKinds) as readonly ClientName[];

export function clientKindOf(name: ClientName): ClientKind {
  return clientKinds[name];
}

function onPool(pool: Pool, perform: Client['perform']): Client {
  return { perform, lent: () => lentConnections(pool), end: () => pool.end() };
}

/** What mysql2 knows of the connections of a pool. */
interface PoolState {
  readonly _allConnections: { readonly length: number };
  readonly _freeConnections: { readonly length: number };
}

function lentConnections({ pool }: Pool): number {
  const { _allConnections, _freeConnections } = pool as unknown as PoolState;
  return _allConnections.length - _freeConnections.length;
}

/** mysql2 listens only for the first error of a connection; a second one would end the process. A favour to those who use it bare. */
function createForgivingPool(options: PoolOptions): Pool {
  const pool = createPool(options);
  pool.on('connection', (connection) => connection.on('error', () => {}));
  return pool;
}

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
import { sessionKinds, setUpAtOnce, setUpInTurns } from './session.ts';
import { unrulyKinds } from './unruly.ts';

interface ClientKind {
  /** What it can do. */
  readonly kinds: readonly CallKind[];
  /** Whether it is held to the promises of this package. */
  readonly ours: boolean;
  open(options: PoolOptions): Client;
}

const plain = ['read', 'sum', 'locking-read', 'insert', 'transfer'] as const;
const all = [
  ...plain,
  ...(['exact-insert', 'transfer-rerun', 'transfer-exact', 'keyed'] as const),
  ...unrulyKinds,
  ...sessionKinds,
];

export const clientKinds = {
  drizzle: {
    kinds: [...all, 'iterate'],
    ours: true,
    open(options) {
      const { pool, slowPool, database } = openPools(options);
      const db = withDrizzle(drizzle(pool), policy);
      const slowlyMade = withDrizzle(drizzle(slowPool), policy);
      return onPools([pool, slowPool], (work, signal) =>
        performWithDrizzle({ db, slowlyMade, database }, work, signal),
      );
    },
  },
  prisma: {
    kinds: [...all, 'batch'],
    ours: true,
    open(options) {
      const { pool: own, slowPool, database } = openPools(options);
      const clients = [own, slowPool].map((one) =>
        new PrismaClient({ adapter: new PrismaMySQL2(one, { policy }) }).$extends(resilience(retryPolicy(policy))),
      );
      // Prisma's types have no name for what the extension adds to a client.
      const [db, slowlyMade] = clients as unknown as readonly [Database, Database];
      const pool = withResilience(own, policy);
      const client = onPools([own, slowPool], (work, signal) =>
        performWithPrisma({ db, slowlyMade, pool, database }, work, signal),
      );
      return {
        ...client,
        async end() {
          for (const prisma of clients) await prisma.$disconnect();
          await client.end();
        },
      };
    },
  },
  mysql2: {
    kinds: all,
    ours: true,
    open(options) {
      const { pool: own, slowPool, database } = openPools(options);
      const pool = withResilience(own, policy);
      const slowlyMade = withResilience(slowPool, policy);
      return onPools([own, slowPool], (work, signal) =>
        performWithMysql2({ pool, slowlyMade, database }, work, signal),
      );
    },
  },
  'bare-drizzle': {
    kinds: plain,
    ours: false,
    open(options) {
      const pool = createForgivingPool(options);
      const db = drizzle(pool);
      return onPools([pool], (work) => performWithBareDrizzle(db, work));
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
      return onPools([pool], (work, signal) => naiveRetry(() => performWithBareDrizzle(db, work), signal ?? never));
    },
  },
} satisfies Record<string, ClientKind>;

export type ClientName = keyof typeof clientKinds;

export const clientNames = Object.keys(clientKinds) as readonly ClientName[];

export function clientKindOf(name: ClientName): ClientKind {
  return clientKinds[name];
}

/** The pool of an application, and a small one whose sessions take longer to be set up. */
function openPools(options: PoolOptions): { readonly pool: Pool; readonly slowPool: Pool; readonly database: string } {
  const pool = createPool(options);
  setUpAtOnce(pool);
  const slowPool = createPool({ ...options, connectionLimit: 3 });
  setUpInTurns(slowPool);
  return { pool, slowPool, database: options.database ?? '' };
}

function onPools(pools: readonly Pool[], perform: Client['perform']): Client {
  return {
    perform,
    lent: () => pools.reduce((sum, pool) => sum + lentConnections(pool), 0),
    end: () => Promise.all(pools.map((pool) => pool.end())),
  };
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

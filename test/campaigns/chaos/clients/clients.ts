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
import { performWithBareMysql2 } from './bare-mysql2.ts';
import { type Client, policy } from './client.ts';
import { performWithBareDrizzle, performWithDrizzle } from './drizzle.ts';
import { performWithMysql2 } from './mysql2.ts';
import { type Database, performWithPrisma } from './prisma.ts';
import { sessionKinds, setUpAtOnce, setUpInTurns, setUpWithoutAutocommit } from './session.ts';
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
  ...(['slow-read', 'exact-insert', 'transfer-rerun', 'transfer-exact', 'keyed'] as const),
  ...unrulyKinds,
  ...sessionKinds,
];

export const clientKinds = {
  drizzle: {
    kinds: [...all, 'iterate'],
    ours: true,
    open(options) {
      const { pools, database } = openPools(options, createPool);
      const [db, slowlyMade, uncommitted] = forEach(pools, (pool) => withDrizzle(drizzle(pool), policy));
      return onPools(pools, (work, signal) =>
        performWithDrizzle({ db, slowlyMade, uncommitted, database }, work, signal),
      );
    },
  },
  prisma: {
    kinds: [...all, 'batch'],
    ours: true,
    open(options) {
      const { pools, database } = openPools(options, createPool);
      const clients = forEach(pools, (one) =>
        new PrismaClient({ adapter: new PrismaMySQL2(one, { policy }) }).$extends(resilience(retryPolicy(policy))),
      );
      // Prisma's types have no name for what the extension adds to a client.
      const [db, slowlyMade, uncommitted] = clients as unknown as Three<Database>;
      const pool = withResilience(pools[0], policy);
      const client = onPools(pools, (work, signal) =>
        performWithPrisma({ db, slowlyMade, uncommitted, pool, database }, work, signal),
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
      const { pools, database } = openPools(options, createPool);
      const [pool, slowlyMade, uncommitted] = forEach(pools, (one) => withResilience(one, policy));
      return onPools(pools, (work, signal) =>
        performWithMysql2({ pool, slowlyMade, uncommitted, database }, work, signal),
      );
    },
  },
  'bare-mysql2': {
    kinds: ['read', 'insert', ...unrulyKinds, ...sessionKinds],
    ours: false,
    open(options) {
      const { pools, database } = openPools(options, createForgivingPool);
      const [pool, slowlyMade, uncommitted] = pools;
      return onPools(pools, (work) => performWithBareMysql2({ pool, slowlyMade, uncommitted, database }, work));
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

type Three<T> = readonly [T, T, T];

function forEach<T, U>([a, b, c]: Three<T>, make: (one: T) => U): Three<U> {
  return [make(a), make(b), make(c)];
}

/** The pool of an application, and two small ones whose listeners set sessions up in other ways. */
function openPools(
  options: PoolOptions,
  create: (options: PoolOptions) => Pool,
): { readonly pools: Three<Pool>; readonly database: string } {
  const small = { ...options, connectionLimit: 3 };
  const pools = [create(options), create(small), create(small)] as const;
  setUpAtOnce(pools[0]);
  setUpInTurns(pools[1]);
  setUpWithoutAutocommit(pools[2]);
  return { pools, database: options.database ?? '' };
}

function onPools(pools: readonly Pool[], perform: Client['perform']): Client {
  return {
    perform,
    pools,
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

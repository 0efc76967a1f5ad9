import { setMaxListeners } from 'node:events';
import { PrismaMariaDb } from '@prisma/adapter-mariadb';
import { drizzle } from 'drizzle-orm/mysql2';
import { createPool, type Pool, type PoolOptions } from 'mysql2/promise';
import { withResilience } from '../../adapters/drizzle/index.ts';
import { PrismaMySQL2 } from '../../adapters/prisma/adapter/index.ts';
import { resilience } from '../../adapters/prisma/index.ts';
import { PrismaClient } from '../../prisma/generated/client.ts';
import { retryPolicy } from '../../src/index.ts';
import { naiveRetry } from '../../test/support/naive-retry.ts';
import { isUnheardOfMariaDbDriver } from '../../test/support/prisma/mariadb-driver.ts';
import { type Database, performWithDrizzle } from './drizzle-application.ts';
import { pingOnCheckout } from './ping-on-checkout.ts';
import type { Operation } from './plan.ts';
import { performWithPrisma } from './prisma-application.ts';

export const clientKeys = ['drizzle', 'ping', 'naive', 'drizzle_gone_away', 'prisma', 'prisma_gone_away'] as const;
export type ClientKey = (typeof clientKeys)[number];

export const clientTitles: Readonly<Record<ClientKey, string>> = {
  drizzle: 'bare Drizzle',
  ping: 'ping on checkout',
  naive: 'naive p-retry',
  drizzle_gone_away: 'Drizzle, gone-away',
  prisma: 'bare Prisma',
  prisma_gone_away: 'Prisma, gone-away',
};

/** Whether this client is held to the promises. */
export function isOurs(key: ClientKey): boolean {
  return key === 'drizzle_gone_away' || key === 'prisma_gone_away';
}

/** An ORM on a pool of its own, with one way of dealing with a server that goes away. */
export interface Client {
  readonly key: ClientKey;
  /** Runs one call of the application. */
  perform(operation: Operation): Promise<void>;
  /** Stops what still goes on. Does not wait: a pool with a connection that never answers cannot be ended in order. */
  close(): void;
}

/** As for an application that has ten seconds for a request: a call ends within `maxRetryTime` and one attempt. */
const policy = { attemptTimeout: 1_500, maxRetryTime: 8_000 };

/** @param options the same for all clients, but for the port and the database */
export function createClient(key: ClientKey, options: PoolOptions): Client {
  switch (key) {
    case 'drizzle': {
      const pool = createForgivingPool(options);
      const db: Database = drizzle(pool);
      return client(key, pool, (operation) => performWithDrizzle(db, operation));
    }
    case 'ping': {
      const pool = createForgivingPool(options);
      const db: Database = drizzle(pingOnCheckout(pool));
      return client(key, pool, (operation) => performWithDrizzle(db, operation));
    }
    case 'naive':
      return createNaiveClient(options);
    case 'drizzle_gone_away': {
      const pool = createPool(options);
      const db: Database = withResilience(drizzle(pool), policy);
      return client(key, pool, (operation) => performWithDrizzle(db, operation));
    }
    case 'prisma':
      return createBarePrisma(options);
    case 'prisma_gone_away': {
      const pool = createPool(options);
      const extended = new PrismaClient({ adapter: new PrismaMySQL2(pool, { policy }) }).$extends(
        resilience(retryPolicy(policy)),
      );
      // It can do all that the other one can, but for `$on`; Prisma's types have no name for both.
      const prisma = extended as unknown as PrismaClient;
      return client(key, pool, (operation) => performWithPrisma(prisma, operation));
    }
    default:
      return key satisfies never;
  }
}

function client(key: ClientKey, pool: Pool, perform: Client['perform']): Client {
  return { key, perform, close: () => void pool.end().catch(() => {}) };
}

/**
 * mysql2 listens only for the first error of a connection; a second one would end the process, and the demo with it. A favour to those who
 * use it bare: gone-away has to look after that itself.
 */
function createForgivingPool(options: PoolOptions): Pool {
  const pool = createPool(options);
  pool.on('connection', (connection) => connection.on('error', () => {}));
  return pool;
}

function createNaiveClient(options: PoolOptions): Client {
  const pool = createForgivingPool(options);
  const db: Database = drizzle(pool);
  const closing = new AbortController();
  // p-retry listens once for each call.
  setMaxListeners(0, closing.signal);
  return {
    key: 'naive',
    perform: (operation) => naiveRetry(() => performWithDrizzle(db, operation), closing.signal),
    close() {
      closing.abort(new Error('the demo is over'));
      pool.end().catch(() => {});
    },
  };
}

function createBarePrisma(options: PoolOptions): Client {
  const {
    host = '',
    port = 0,
    user = '',
    password = '',
    database = '',
    connectionLimit = 0,
    connectTimeout = 0,
  } = options;
  const who = { host, port, user, password, database };
  // A favour: on MySQL it could not connect again to a server that has started anew.
  const adapter = new PrismaMariaDb({ ...who, connectionLimit, connectTimeout, allowPublicKeyRetrieval: true });
  const prisma = new PrismaClient({ adapter });
  // A favour here as well: what its driver rejects without anybody listening would end the process.
  process.on('unhandledRejection', (error) => {
    if (!isUnheardOfMariaDbDriver(error)) throw error;
  });
  return {
    key: 'prisma',
    perform: (operation) => performWithPrisma(prisma, operation),
    close: () => void prisma.$disconnect().catch(() => {}),
  };
}

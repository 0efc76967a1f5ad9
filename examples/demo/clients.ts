import { setMaxListeners } from 'node:events';
import { drizzle } from 'drizzle-orm/mysql2';
import { createPool, type Pool, type PoolOptions } from 'mysql2/promise';
import { withResilience } from '../../adapters/drizzle/index.ts';
import { naiveRetry } from './naive-retry.ts';
import type { Database } from './perform.ts';
import { pingOnCheckout } from './ping-on-checkout.ts';
import { type Tables, tablesFor } from './tables.ts';

export const clientKeys = ['bare', 'ping', 'naive', 'gone_away'] as const;
export type ClientKey = (typeof clientKeys)[number];

export const clientTitles: Readonly<Record<ClientKey, string>> = {
  bare: 'bare Drizzle',
  ping: 'ping on checkout',
  naive: 'naive p-retry',
  gone_away: 'gone-away',
};

/** Drizzle on a pool of its own, with one way of dealing with a server that goes away. */
export interface Client {
  readonly key: ClientKey;
  readonly tables: Tables;
  /** Runs one call of the application. */
  call<T>(work: (db: Database) => Promise<T>): Promise<T>;
  /** Stops what still goes on. Does not wait: a pool with a connection that never answers cannot be ended in order. */
  close(): void;
}

type Call = Client['call'];

/** As for an application that has ten seconds for a request: a call ends within `maxRetryTime` and one attempt. */
const policy = { attemptTimeout: 1_500, maxRetryTime: 8_000 };

/** @param options the same for all clients, but for the port */
export function createClient(key: ClientKey, options: PoolOptions): Client {
  const pool = createPool(options);
  const closing = new AbortController();
  // p-retry listens once for each call.
  setMaxListeners(0, closing.signal);
  return {
    key,
    tables: tablesFor(key),
    call: callOf(key, pool, closing.signal),
    close() {
      closing.abort(new Error('the demo is over'));
      pool.end().catch(() => {});
    },
  };
}

function callOf(key: ClientKey, pool: Pool, closing: AbortSignal): Call {
  // mysql2 listens only for the first error of a connection; a second one would end the process, and the demo with it. A favour
  // to three of the four: gone-away has to look after that itself.
  if (key !== 'gone_away') pool.on('connection', (connection) => connection.on('error', () => {}));
  const plain: Database = drizzle(pool);
  switch (key) {
    case 'bare':
      return (work) => work(plain);
    case 'ping': {
      const checked: Database = drizzle(pingOnCheckout(pool));
      return (work) => work(checked);
    }
    case 'naive':
      return (work) => naiveRetry(() => work(plain), closing);
    case 'gone_away': {
      const resilient = withResilience(plain, policy);
      return (work) => work(resilient);
    }
    default:
      return key satisfies never;
  }
}

import type { ConnectionOptions } from 'mysql2/promise';
import { createPool } from 'mysql2/promise';
import { PrismaMySQL2 } from '../../../adapters/prisma/adapter/index.ts';
import { resilience } from '../../../adapters/prisma/index.ts';
import { PrismaClient } from '../../../prisma/generated/client.ts';
import type { ResilienceOptions } from '../../../src/index.ts';
import { retryPolicy } from '../../../src/index.ts';
import type { Stage } from '../stage.ts';
import { createPrismaMariaDb } from './prisma-mariadb.ts';

/** What the extension stands on: an adapter that brings evidence, and one that does not. */
export const adapters = ['PrismaMySQL2', '@prisma/adapter-mariadb'] as const;
export type AdapterName = (typeof adapters)[number];

export interface ClientOptions {
  readonly connection?: ConnectionOptions;
  /** Default 3. */
  readonly connectionLimit?: number;
  readonly policy?: ResilienceOptions;
  /** Of Prisma's own adapter. Default true. */
  readonly pipelining?: boolean;
  /** The limits of all transactions of the client, in milliseconds. Default: Prisma's. */
  readonly transactionOptions?: { readonly maxWait?: number; readonly timeout?: number };
}

/** A client with no extension. What it stands on ends with the test. */
export function createBareClient(stage: Stage, adapter: AdapterName, options: ClientOptions = {}) {
  const {
    connection = stage.proxied(),
    connectionLimit = 3,
    policy,
    pipelining = true,
    transactionOptions = {},
  } = options;
  if (adapter === 'PrismaMySQL2') {
    const pool = stage.closing(createPool({ ...connection, connectionLimit }));
    return closing(stage, new PrismaClient({ adapter: new PrismaMySQL2(pool, { policy }), transactionOptions }));
  }
  const limits = { connectionLimit, acquireTimeout: 3_000, connectTimeout: 400, pipelining };
  const own = createPrismaMariaDb(connection, limits);
  return closing(stage, new PrismaClient({ adapter: own, transactionOptions }));
}

export type BareClient = ReturnType<typeof createBareClient>;

/** A client with the extension, and nothing else. */
export function createExtendedClient(stage: Stage, adapter: AdapterName, options: ClientOptions = {}) {
  return createBareClient(stage, adapter, options).$extends(resilience(retryPolicy(options.policy)));
}

export type ExtendedClient = ReturnType<typeof createExtendedClient>;

function closing(stage: Stage, client: PrismaClient): PrismaClient {
  // Of a pool whose connections the test broke, nobody wants to know how it ends.
  stage.after(() => client.$disconnect().catch(() => {}));
  return client;
}

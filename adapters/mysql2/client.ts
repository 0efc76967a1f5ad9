import type { Pool, PoolConnection } from 'mysql2';
import {
  type CallOptions,
  callPolicy,
  isObject,
  Patience,
  processWide,
  type RetryPolicy,
  retryPolicy,
} from '../../src/internal.ts';
import { corePoolOf, wantsCallerStack } from './driver/pool.ts';
import { sqlAsCalled, valuesAsCalled } from './pool/as-called.ts';
import type { Lease, StatementMethod, StatementResult } from './pool/lease.ts';
import { type PoolCore, poolCoreOf } from './pool/pool-core.ts';
import type { PoolUse } from './pool/pool-use.ts';
import { sendStatement } from './pool/run-statement.ts';
import { needsLedger, runSingleWrite } from './transaction/single-write.ts';

/** A pool and a policy to use it with: what every wrapper of a pool, and every ORM binding, runs its statements through. */
export class ResilientClient implements PoolUse {
  readonly core: PoolCore;
  readonly policy: RetryPolicy;
  #formatters: ResilientClient['formatters'] | undefined;

  constructor(core: PoolCore, policy: RetryPolicy) {
    this.core = core;
    this.policy = policy;
  }

  get pool(): Pool {
    return this.core.pool;
  }

  /** The same pool with other options for the calls made through it. */
  with(options: CallOptions): ResilientClient {
    return new ResilientClient(this.core, callPolicy(this.policy, options));
  }

  query(sql: unknown, values?: unknown): Promise<StatementResult> {
    return this.run('query', sql, values);
  }

  execute(sql: unknown, values?: unknown): Promise<StatementResult> {
    return this.run('execute', sql, values);
  }

  /** One statement, retried as the policy and the evidence allow. */
  run(method: StatementMethod, given: unknown, parameters: unknown): Promise<StatementResult> {
    const { policy } = this;
    const sql = sqlAsCalled(given);
    const values = valuesAsCalled(parameters);
    if (policy.exactlyOnce && needsLedger(sql, policy)) return runSingleWrite(this, method, sql, values);
    return sendStatement(this, method, sql, values);
  }

  /** A connection for the user: nothing is retried on it, and what fails on it is still recorded. */
  lease(): Promise<Lease> {
    return this.core.acquire(this.policy, new Patience(this.core.environment.now, this.policy), true);
  }

  /** As {@link lease}, for whoever only wants the connection: it ends the lease itself, by release() or destroy(). */
  async connection(): Promise<PoolConnection> {
    return (await this.lease()).connection;
  }

  /** What makes texts, without a connection. */
  get formatters(): Pick<Pool, 'format' | 'escape' | 'escapeId'> {
    const { pool } = this;
    this.#formatters ??= {
      format: pool.format.bind(pool),
      escape: pool.escape.bind(pool),
      escapeId: pool.escapeId.bind(pool),
    };
    return this.#formatters;
  }

  get wantsCallerStack(): boolean {
    return wantsCallerStack(this.pool);
  }
}

const clients = new WeakMap<object, ResilientClient>();

/** What a wrapper wraps, as another copy of this package may read it. Of another version, any part may be missing. */
interface Wrapped {
  readonly pool?: unknown;
  readonly policy?: RetryPolicy;
}

function wrappedPools(): WeakMap<object, Wrapped> {
  return processWide('wrapped-pools.1', () => new WeakMap());
}

/** Remembers what a wrapper wraps, so that a binding finds the client behind a pool that was already made resilient. */
export function registerClient(wrapper: object, client: ResilientClient): void {
  clients.set(wrapper, client);
  wrappedPools().set(wrapper, { pool: client.pool, policy: client.policy });
}

/**
 * The client of a wrapper, also of one that another copy of this package has made; undefined for anything else.
 *
 * @throws TypeError when that is of another version, whose policy has options that are unknown here
 */
export function registeredClient(wrapper: unknown): ResilientClient | undefined {
  if (!isObject(wrapper)) return undefined;
  const own = clients.get(wrapper);
  if (own !== undefined) return own;
  const wrapped = wrappedPools().get(wrapper);
  const pool = corePoolOf(wrapped?.pool);
  if (pool === undefined) return undefined;
  const policy = retryPolicy(wrapped?.policy);
  const client = new ResilientClient(poolCoreOf(pool, policy), policy);
  clients.set(wrapper, client);
  return client;
}

/** The client of a wrapper, or one with the default policy on a bare pool; undefined for anything else. */
export function clientOf(pool: unknown): ResilientClient | undefined {
  return registeredClient(pool) ?? createClient(pool, retryPolicy());
}

/** A client on the pool that this is or wraps; undefined if it is no pool of mysql2. */
export function createClient(pool: unknown, policy: RetryPolicy): ResilientClient | undefined {
  const core = registeredClient(pool)?.pool ?? corePoolOf(pool);
  return core === undefined ? undefined : new ResilientClient(poolCoreOf(core, policy), policy);
}

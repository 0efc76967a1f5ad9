import { entityKind, is } from 'drizzle-orm';
import { MySqlDatabase, withReplicas } from 'drizzle-orm/mysql-core';
import { MySql2Session } from 'drizzle-orm/mysql2';
import {
  type CallOptions,
  callPolicy,
  isObject,
  propertyOf,
  type ResilienceOptions,
  type RetryPolicy,
  retryPolicy,
  type TransactionContext,
  type TransactionOptions,
} from '../../src/internal.ts';
import { createClient, describeSource, type ResilientClient, replacedMethodsOf, wrapPool } from '../mysql2/binding.ts';
import { DatabaseClient } from './database-client.ts';
import {
  deriveDatabase,
  isTransaction,
  type ReplicatedDatabase,
  replicatedParts,
  sessionOf,
} from './drizzle-internals.ts';
import { createResilientSession } from './resilient-session.ts';

/** The `transaction()` of a database, with the options of this package and the count of its callback's runs. */
export type ResilientTransaction<D> = D extends {
  transaction: (callback: (tx: infer Tx) => Promise<never>, config?: infer Config) => unknown;
}
  ? <T>(
      callback: (tx: Tx, context: TransactionContext) => Promise<T>,
      config?: Partial<NonNullable<Config>> & TransactionOptions,
    ) => Promise<T>
  : never;

/** A database of Drizzle with the same interface, and options for single calls. */
// In this order: TypeScript gives a callback's parameters the types of the first overload.
export type Resilient<D> = {
  /**
   * As Drizzle's, and with `{ rerun: true }` the callback runs again when the server has certainly undone what it did. With
   * `{ exactlyOnce: true }` a COMMIT without an answer is settled with the ledger; with an `idempotencyKey` a second call gets the first
   * one's result.
   *
   * @throws TypeError for an option that is wrong, before anything is sent
   */
  transaction: ResilientTransaction<D>;
  /**
   * The same database with other options for the calls made through it, such as `{ idempotent: true }` or `{ signal }`.
   *
   * @throws TypeError for an option that is unknown, out of range, or belongs to the pool
   */
  $resilience(options: CallOptions): Resilient<D>;
} & D;

/**
 * Makes a database of Drizzle on mysql2 survive a server that goes away. Returns a database of the same type on the same pool; the
 * one that was given is not changed.
 *
 * Statements are retried where the evidence says that it is safe. A transaction that is lost before its callback ran begins again;
 * after that, its callback runs twice only with `{ rerun: true }` or `exactlyOnce`. `iterator()` is retried until its first row.
 *
 * @param db made with `drizzle()` from a URL, options or a pool of mysql2, or with `withReplicas()`
 * @throws TypeError when this is no such database (a `tx`, one on a single connection), or an option of the policy is wrong
 */
export function withResilience<D extends object>(db: D, policy?: ResilienceOptions | RetryPolicy): Resilient<D> {
  const complete = retryPolicy(policy);
  return derive(db, (pool) => createClient(pool, complete), complete);
}

type ClientFor = (pool: unknown) => ResilientClient | undefined;

function derive<D extends object>(db: D, clientFor: ClientFor, policy: RetryPolicy): Resilient<D> {
  const replicated = typeof db === 'object' && db !== null ? replicatedParts(db) : undefined;
  const derived = replicated === undefined ? deriveOne(db, clientFor) : deriveReplicated(replicated, clientFor, policy);
  const $resilience = (options: CallOptions): Resilient<D> => {
    const forCalls = callPolicy(policy, options);
    return derive(db, (pool) => createClient(pool, forCalls), forCalls);
  };
  return Object.assign(derived, { $resilience }) as Resilient<D>;
}

function deriveOne(db: object, clientFor: ClientFor): object {
  if (!is(db, MySqlDatabase))
    throw new TypeError(`Expected a database of drizzle-orm/mysql2, got ${describeOther(db)}`);
  if (isTransaction(db)) {
    throw new TypeError(
      'Expected a database, got a transaction: what runs inside it cannot be retried by itself. Wrap the database, and call its transaction()',
    );
  }
  const session = sessionOf(db);
  const client = session === undefined ? undefined : clientFor(session.client);
  if (session === undefined || client === undefined) {
    throw new TypeError(
      `Expected a Drizzle database on a pool of mysql2, got one on ${describeClient(db)}. Make it from createPool(), a URL or connection options`,
    );
  }
  const own: unknown = Reflect.get(db, '$client');
  const $client = typeof own === 'object' && own !== null ? wrapPool(own, client) : own;
  const replaced = isObject($client) ? replacedMethodsOf($client) : undefined;
  const sender = replaced === undefined ? client : new DatabaseClient(client, replaced);
  return Object.assign(deriveDatabase(db, createResilientSession(session, sender)), { $client });
}

/** `withReplicas()` again on the derived databases; which replica is next, the original still says. */
function deriveReplicated(
  { primary, replicas, next }: ReplicatedDatabase,
  clientFor: ClientFor,
  policy: RetryPolicy,
): object {
  const derivedReplicas = replicas.map((replica) => derive(replica, clientFor, policy));
  const [first, ...rest] = derivedReplicas;
  if (first === undefined) throw new TypeError('Expected a database with replicas, got one with none');
  return withReplicas(
    derive(primary, clientFor, policy) as never,
    [first, ...rest] as never,
    () => derivedReplicas[next()] as never,
  );
}

/** What is no database of Drizzle on MySQL. Any other one of Drizzle names its kind. */
function describeOther(db: unknown): string {
  const kind: unknown = propertyOf(propertyOf(db, 'constructor'), entityKind);
  return typeof kind === 'string' ? `something else of Drizzle (${kind})` : describeSource(db);
}

/** What a database of Drizzle works on, where that is no pool of mysql2. */
function describeClient(db: object): string {
  const session: unknown = propertyOf(propertyOf(propertyOf(db, 'session'), 'constructor'), entityKind);
  if (session === MySql2Session[entityKind]) return describeSource(propertyOf(db, '$client'));
  return typeof session === 'string' ? `another driver (${session})` : 'something else';
}

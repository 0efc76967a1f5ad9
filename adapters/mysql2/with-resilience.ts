import type { Pool as CallbackPool } from 'mysql2';
import type { Pool as PromisePool } from 'mysql2/promise';
import { type CallOptions, type ResilienceOptions, type RetryPolicy, retryPolicy } from '../../src/internal.ts';
import { callbackMethods } from './callback-methods.ts';
import { createClient, type ResilientClient, registerClient } from './client.ts';
import { isCallbackPool } from './driver/pool.ts';
import { promiseMethods } from './promise-methods.ts';
import { ReplacedMethods, registerMethods } from './replaced-methods.ts';
import { describeSource } from './source/describe-source.ts';
import { makePool } from './source/make-pool.ts';
import { policyFor } from './source/policy-for.ts';
import { poolRecipe, type ResilientPoolOptions } from './source/pool-recipe.ts';

/** A pool of mysql2 with the same interface, and options for single calls. */
export type Resilient<P> = P & {
  /**
   * The same pool with other options for the calls made through it.
   *
   * @throws TypeError for an option that is unknown, out of range, or belongs to the pool
   */
  $resilience(options: CallOptions): Resilient<P>;
};

/**
 * Makes a pool of mysql2 survive a server that goes away: a drop-in for the pool itself, which is neither changed nor owned.
 *
 * Statements sent with `query()` and `execute()` are retried where the evidence says that it is safe; a connection from
 * `getConnection()` is handed out alive, and nothing is retried on it. What is read as a stream, or from events, begins again until its first row
 * was handed on.
 *
 * @param pool a promise pool, a callback pool, or the options or URL to make a promise pool from
 * @throws TypeError when this is no pool of mysql2, when its URL or `credentials` cannot be read, or an option of the policy is wrong
 */
export function withResilience<P extends PromisePool | CallbackPool>(
  pool: P,
  policy?: ResilienceOptions | RetryPolicy,
): Resilient<P>;
export function withResilience(
  options: ResilientPoolOptions | string,
  policy?: ResilienceOptions | RetryPolicy,
): Resilient<PromisePool>;
export function withResilience(
  source: PromisePool | CallbackPool | ResilientPoolOptions | string,
  options?: ResilienceOptions | RetryPolicy,
): Resilient<PromisePool | CallbackPool> {
  const policy = retryPolicy(options);
  const recipe = poolRecipe(source);
  const pool = recipe === undefined ? source : makePool(recipe);
  const client = createClient(pool, recipe === undefined ? policy : policyFor(recipe, policy));
  if (client === undefined)
    throw new TypeError(`Expected a pool of mysql2 (from createPool), got ${describeSource(source)}`);
  return wrapPool(pool as PromisePool | CallbackPool, client);
}

/** The resilient form of `pool`, which is the callback pool or the promise pool of `client`. */
export function wrapPool<P extends object>(pool: P, client: ResilientClient): Resilient<P> {
  const again = (options: CallOptions): object => wrapPool(pool, client.with(options));
  const methods: Readonly<Record<PropertyKey, unknown>> = isCallbackPool(pool)
    ? { ...callbackMethods(pool, client, (own) => wrapPool(pool.promise(own), client)), $resilience: again }
    : { ...promiseMethods(pool, client, wrapPool(client.pool, client)), $resilience: again };
  // What somebody sets on the wrapper (a spy, say) is the wrapper's, and the pool goes on as it is.
  const own: object = Object.create(pool, describe(methods));
  const bound = new Map<PropertyKey, unknown>();
  const proxy: object = new Proxy(own, {
    get(_own, key) {
      if (Object.hasOwn(own, key)) return Reflect.get(own, key);
      const value: unknown = Reflect.get(pool, key, pool);
      if (typeof value !== 'function' || isClass(pool, key)) return value;
      // Everything else is the pool's own, called on the pool itself; where it returns itself, the wrapper stands in.
      let method = bound.get(key);
      if (method === undefined) {
        method = (...values: unknown[]) => {
          const returned: unknown = value.apply(pool, values);
          return returned === pool ? proxy : returned;
        };
        bound.set(key, method);
      }
      return method;
    },
  });
  registerClient(proxy, client);
  registerMethods(proxy, new ReplacedMethods(proxy, own, methods, isCallbackPool(pool)));
  return proxy as Resilient<P>;
}

/** As methods of a class are. */
function describe(methods: Readonly<Record<PropertyKey, unknown>>): PropertyDescriptorMap {
  const entries = Object.entries(methods).map(([key, value]): [string, PropertyDescriptor] => [
    key,
    { value, writable: true, configurable: true, enumerable: false },
  ]);
  return Object.fromEntries(entries);
}

/** `new pool.Promise()` and `instanceof pool.Promise` need the class itself. */
function isClass(pool: object, key: PropertyKey): boolean {
  return key === 'constructor' || (key === 'Promise' && Object.hasOwn(pool, key));
}

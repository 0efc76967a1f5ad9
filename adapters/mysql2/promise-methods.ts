import { isError, messageOf, propertyOf } from '../../src/internal.ts';
import type { ResilientClient } from './client.ts';
import type { StatementMethod, StatementResult } from './pool/lease.ts';

/** What sends statements: a pool, or a transaction on it. */
type Sender = Pick<ResilientClient, 'run'>;

/** What a resilient promise pool does in its own way; the rest is the pool's. */
export function promiseMethods(pool: object, client: ResilientClient, core: object): object {
  const own = ownPromiseOf(pool);
  const methods = {
    ...statementMethods(client, client),
    getConnection: async () => (await client.connection()).promise(own),
  };
  return { ...(own === undefined ? methods : promising(own, methods)), pool: core };
}

/** The option `Promise` of a pool; undefined where that is the usual one. */
function ownPromiseOf(pool: object): PromiseConstructor | undefined {
  const own: unknown = Reflect.get(pool, 'Promise');
  return typeof own === 'function' && own !== Promise ? (own as PromiseConstructor) : undefined;
}

type Asynchronous = (...values: unknown[]) => Promise<unknown>;

/** The same methods, which return promises of another library. */
function promising(Own: PromiseConstructor, methods: object): object {
  const entries = Object.entries(methods as Record<string, Asynchronous>).map(([name, method]) => [
    name,
    (...values: unknown[]): Promise<unknown> => {
      const result = method(...values);
      return new Own((resolve, reject) => void result.then(resolve, reject));
    },
  ]);
  return Object.fromEntries(entries);
}

/** What mysql2's promise connections have for sending statements. */
export function connectionMethods(sender: Sender, client: ResilientClient): object {
  const { pool } = client;
  return {
    ...statementMethods(sender, client),
    format: pool.format.bind(pool),
    escape: pool.escape.bind(pool),
    escapeId: pool.escapeId.bind(pool),
  };
}

function statementMethods(sender: Sender, client: ResilientClient): object {
  const statement = (method: StatementMethod) =>
    function send(sql: unknown, values?: unknown): Promise<StatementResult> {
      if (typeof values === 'function') throw new Error('Callback function is not available with promise clients.');
      const result = sender.run(method, sql, values);
      return client.wantsCallerStack ? withCallerStack(result, send) : result;
    };
  return { query: statement('query'), execute: statement('execute') };
}

/** An error of the driver is born in a socket's callback; its stack is of use only if it says who asked. As mysql2 does it. */
function withCallerStack(
  result: Promise<StatementResult>,
  below: (...values: never[]) => unknown,
): Promise<StatementResult> {
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, below);
  return result.catch((error: unknown) => {
    if (isError(error) && typeof holder.stack === 'string') {
      const frames = holder.stack.slice(holder.stack.indexOf('\n') + 1);
      const stack = `${String(propertyOf(error, 'name'))}: ${messageOf(error)}\n${frames}`;
      // One that may not be changed stays as it is.
      Reflect.set(error, 'stack', stack);
    }
    throw error;
  });
}

import type { ResilientClient } from './client.ts';
import { showFrames } from './pool/caller-stack.ts';
import type { StatementMethod, StatementResult } from './pool/lease.ts';

/** What sends statements: a pool, or a transaction on it. */
type Sender = Pick<ResilientClient, 'run'>;

/** What a resilient promise pool does in its own way; the rest is the pool's. */
export function promiseMethods(pool: object, client: ResilientClient, core: object): object {
  const own = ownPromiseOf(pool);
  const methods = {
    ...statementMethods(client, plainly),
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
    ...statementMethods(sender, client.wantsCallerStack ? withCallerStack : plainly),
    format: pool.format.bind(pool),
    escape: pool.escape.bind(pool),
    escapeId: pool.escapeId.bind(pool),
  };
}

function statementMethods(sender: Sender, send: Send): object {
  const statement = (method: StatementMethod) =>
    function sendStatement(sql: unknown, values?: unknown): Promise<StatementResult> {
      if (typeof values === 'function') throw new Error('Callback function is not available with promise clients.');
      return send(sender, method, sql, values, sendStatement);
    };
  return { query: statement('query'), execute: statement('execute') };
}

type Send = (
  sender: Sender,
  method: StatementMethod,
  sql: unknown,
  values: unknown,
  below: (...values: never[]) => unknown,
) => Promise<StatementResult>;

/** Its errors show who has called. */
const plainly: Send = (sender, method, sql, values) => sender.run(method, sql, values);

/** As mysql2 does it. */
const withCallerStack: Send = (sender, method, sql, values, below) => {
  const captured: { stack?: string } = {};
  Error.captureStackTrace(captured, below);
  return sender.run(method, sql, values).catch((error: unknown) => {
    showFrames(error, captured);
    throw error;
  });
};

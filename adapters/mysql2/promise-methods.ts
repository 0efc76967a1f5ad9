import type { ResilientClient } from './client.ts';
import { showCaller } from './pool/caller-stack.ts';
import type { StatementMethod, StatementResult } from './pool/lease.ts';

/** What sends statements: a pool, or a transaction on it. */
type Sender = Pick<ResilientClient, 'run'>;

/** What a resilient promise pool does in its own way; the rest is the pool's. */
export function promiseMethods(pool: object, client: ResilientClient, core: object): object {
  const own = ownPromiseOf(pool);
  const methods = {
    ...statementMethods((method, sql, values) => client.run(method, sql, values)),
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
  const { wantsCallerStack } = client;
  return {
    ...statementMethods((method, sql, values) =>
      wantsCallerStack ? runShowingCaller(client, sender, method, sql, values) : sender.run(method, sql, values),
    ),
    ...client.formatters,
  };
}

function statementMethods(send: Sender['run']): object {
  const statement = (method: StatementMethod) => (sql: unknown, values?: unknown) => {
    if (typeof values === 'function') throw new Error('Callback function is not available with promise clients.');
    return send(method, sql, values);
  };
  return { query: statement('query'), execute: statement('execute') };
}

/** Its errors show who waits for it, which costs nothing as long as there are none. */
async function runShowingCaller(
  client: ResilientClient,
  sender: Sender,
  method: StatementMethod,
  sql: unknown,
  values: unknown,
): Promise<StatementResult> {
  try {
    return await sender.run(method, sql, values);
  } catch (error) {
    showCaller(error, runShowingCaller, client.policy.signal);
    throw error;
  }
}

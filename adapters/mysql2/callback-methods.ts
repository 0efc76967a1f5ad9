import { EventEmitter } from 'node:events';
import type { Pool as CallbackPool } from 'mysql2';
import type { ResilientClient } from './client.ts';
import type { StatementMethod } from './pool/lease.ts';

type Callback = (error: unknown, ...results: unknown[]) => void;

/** What a resilient callback pool does in its own way; the rest is the pool's. */
export function callbackMethods(pool: CallbackPool, client: ResilientClient, promise: () => object): object {
  const statement = (method: StatementMethod) => {
    const own = pool[method] as (...values: unknown[]) => unknown;
    return (...values: unknown[]): unknown => {
      const callback = values.at(-1);
      // Without a callback the caller reads events or a stream from the command itself: that one command is what there is.
      if (typeof callback !== 'function') return own.apply(pool, values);
      const [sql, parameters] = values.length > 2 ? values : [values[0], undefined];
      const command = new EventEmitter();
      client.run(method, sql, parameters).then(
        ([rows, fields]) =>
          outside(() => {
            (callback as Callback)(null, rows, fields);
            command.emit('end');
          }),
        (error: unknown) =>
          outside(() => {
            (callback as Callback)(error);
            command.emit('end');
          }),
      );
      return command;
    };
  };
  return {
    query: statement('query'),
    execute: statement('execute'),
    getConnection: (callback: Callback): void => {
      client.connection().then(
        (connection) => outside(() => callback(null, connection)),
        (error: unknown) => outside(() => callback(error)),
      );
    },
    // mysql2's own would put the connection back past everything that looks at it first.
    releaseConnection: (connection: { release(): void }): void => connection.release(),
    promise,
  };
}

/** Runs a user's callback outside the promise: what it throws is uncaught, as with mysql2, and not a rejection of ours. */
function outside(callback: () => void): void {
  process.nextTick(callback);
}

import type { Pool as CallbackPool } from 'mysql2';
import { timers } from '../../src/internal.ts';
import type { ResilientClient } from './client.ts';
import { createQueryCommand, type QueryCommand } from './driver/query-command.ts';
import type { StatementMethod, StatementResult } from './pool/lease.ts';
import { relayQuery } from './pool/relay-query.ts';
import { resultBeside } from './pool/result-beside.ts';
import { needsLedger } from './transaction/single-write.ts';

type Callback = (error: unknown, ...results: unknown[]) => void;

/** What a resilient callback pool does in its own way; the rest is the pool's. */
export function callbackMethods(
  pool: CallbackPool,
  client: ResilientClient,
  promise: (own?: PromiseConstructor) => object,
): object {
  const run = (method: StatementMethod, values: readonly unknown[], callback: Callback, ended: () => void): void => {
    const [sql, parameters] = values;
    client.run(method, sql, parameters).then(
      ([rows, fields]) =>
        outside(() => {
          callback(null, rows, fields);
          ended();
        }),
      (error: unknown) =>
        outside(() => {
          callback(error, ...resultBeside(error));
          ended();
        }),
    );
  };
  return {
    query: (...values: unknown[]): QueryCommand => {
      const callback = values.at(-1);
      const [sql, parameters] = typeof callback === 'function' ? values.slice(0, -1) : values;
      const command = createQueryCommand(client.pool, sql, parameters);
      const ended = () => command.emit('end');
      if (typeof callback === 'function') run('query', [sql, parameters], callback as Callback, ended);
      else readEvents(client, sql, parameters, command);
      return command;
    },
    execute: (...values: unknown[]): unknown => {
      const callback = values.at(-1);
      // mysql2 knows no other form, and says so in its own way.
      if (typeof callback !== 'function') return (pool.execute as (...given: unknown[]) => unknown)(...values);
      run('execute', values.slice(0, -1), callback as Callback, () => {});
      return undefined;
    },
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

/** Without a callback, the caller reads events or a stream from the command itself. */
function readEvents(client: ResilientClient, sql: unknown, values: unknown, command: QueryCommand): void {
  // As with mysql2's own pool, a statement of which nobody reads anything may fail without ending the process.
  command.once('error', () => {});
  const read =
    client.policy.exactlyOnce && needsLedger(sql, client.policy)
      ? client.run('query', sql, values).then((result) => emitResult(command, result))
      : relayQuery(client, sql, values, command);
  read.then(
    () => outside(() => command.emit('end')),
    (error: unknown) =>
      outside(() => {
        command.emit('error', error);
        command.emit('end');
      }),
  );
}

/** Of a statement that has one result: its rows one by one, or what it says of itself. */
function emitResult(command: QueryCommand, [rows, fields]: StatementResult): void {
  command.emit('fields', fields);
  if (!Array.isArray(rows)) command.emit('result', rows);
  else for (const row of rows) command.emit('result', row, 0);
}

/** Runs a user's callback outside the promise: what it throws is uncaught, as with mysql2, and not a rejection of ours. */
function outside(callback: () => void): void {
  timers.nextTick(callback);
}

import { AsyncLocalStorage } from 'node:async_hooks';
import type { Connection } from 'mysql2';
import type { DriverCommand } from './command.ts';
import type { ConnectionInternals } from './internals.ts';

type ResultCallback = NonNullable<DriverCommand['onResult']>;

/** Tracers of statements know those of mysql2 by this. Its own class has another name, also in a minified program. */
class OwnQuery {}

/**
 * Runs what is none of the user's calls, though one of them may be the reason for it: what is traced of it has no parent, and keeps nothing of
 * a call alive. Taken when this module is loaded, which is when no call is under way yet.
 */
export const outsideCalls: <T>(work: () => T) => T = /* @__PURE__ */ AsyncLocalStorage.snapshot();

/**
 * Sends a text of this package's own, as `query()` does, past those who trace the user's statements. They listen to mysql2's channels or patch its `query()`,
 * and neither is met by a command that is put into the queue. Where this version of mysql2 has no such queue, it goes by `query()`.
 *
 * @param sql without placeholders
 */
export function queryUntraced(connection: Connection, sql: string | object, callback: ResultCallback): DriverCommand {
  const { addCommand } = connection as unknown as ConnectionInternals;
  const { createQuery } = connection.constructor as { createQuery?: unknown };
  if (typeof addCommand !== 'function' || typeof createQuery !== 'function') {
    const query = connection.query as unknown as (sql: unknown, callback: ResultCallback) => DriverCommand;
    return query.call(connection, sql, callback);
  }
  const command = createQuery.call(
    connection.constructor,
    sql,
    undefined,
    callback,
    connection.config,
  ) as DriverCommand;
  Object.defineProperty(command, 'constructor', { value: OwnQuery });
  outsideCalls(() => addCommand.call(connection, command));
  return command;
}

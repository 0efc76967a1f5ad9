import { errorMonitor } from 'node:events';
import { timers } from '../../../src/internal.ts';

/** A command of mysql2: what `query()` returns, and what waits in its queue. */
export interface DriverCommand {
  readonly sql?: unknown;
  readonly query?: unknown;
  onResult?: ((error: unknown, rows?: unknown, fields?: unknown) => void) | undefined;
  on(event: string | symbol, listener: (...values: never[]) => void): unknown;
}

/** The SQL as it was sent, parameters included: never to be shown, only to be judged. */
export function sqlOf(command: DriverCommand | undefined): string | undefined {
  const sql = command?.sql ?? command?.query;
  return typeof sql === 'string' ? sql : undefined;
}

/** The text of a statement in the forms that mysql2 takes: a string, or an object with `sql`. */
export function textOf(sql: unknown): string | undefined {
  const text: unknown = typeof sql === 'object' && sql !== null ? (sql as { readonly sql?: unknown }).sql : sql;
  return typeof text === 'string' ? text : undefined;
}

/** Calls back when a command has ended and its result, if there is one, was told: mysql2 ends some that it cannot make sense of in silence. */
export function onCommandEnd(command: DriverCommand, listener: () => void): void {
  // Results are told in the next tick, and were put there before this. Where that is faked, they come late, and this must not overtake them.
  // biome-ignore lint/style/noRestrictedGlobals: the queue of mysql2
  command.on('end', () => process.nextTick(listener));
}

export function endedUntold(): Error {
  const error = new Error('The answer of the server made no sense, and the statement ended without one');
  return Object.assign(error, { code: 'PROTOCOL_ERROR' });
}

/** Takes note of a result. May promise the error that is to be told in the place of this one: a callback is called with that, and only then. */
type ResultListener = (error: unknown, rows: unknown) => Promise<unknown> | undefined;

/** Calls back with the result of a command, however its user waits for it. */
export function onCommandResult(command: DriverCommand, listener: ResultListener): void {
  const { onResult } = command;
  if (typeof onResult === 'function') {
    command.onResult = (error, rows, fields) => {
      const better = listener(error, rows);
      if (better === undefined) onResult(error, rows, fields);
      // Outside the promise: what a user's callback throws is uncaught, as with mysql2.
      else void better.then((told) => timers.nextTick(() => onResult(told, rows, fields)));
    };
    return;
  }
  // errorMonitor does not count as a listener: an error that nobody handles still surfaces as mysql2 would have it.
  command.on(errorMonitor, (error: unknown) => listener(error, undefined));
  command.on('result', (row: unknown) => listener(undefined, row));
}

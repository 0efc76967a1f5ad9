import type { PoolConnection } from 'mysql2';
import { type Evidence, isObject, judgeRead, propertyOf } from '../../../src/internal.ts';
import { type DriverCommand, sqlOf } from './command.ts';
import { serverVersionOf } from './connection.ts';

/** mysql2 takes a kept error that is falsy (`throw null`) for none, reads on, and fails by an error of its own. */
function failedBy(command: DriverCommand, error: unknown): boolean {
  const kept = propertyOf(command, '_localStreamError');
  return kept === error || (Object.hasOwn(command, '_localStreamError') && !kept);
}

/**
 * Whether a command failed by what the caller's own code threw while mysql2 read a row (its `typeCast`), or by the file that it gave for LOAD DATA LOCAL.
 * mysql2 keeps either as the command's own error, and tells it when the server has answered.
 */
export function clientSideOf(
  command: DriverCommand | undefined,
  error: unknown,
  connection: PoolConnection,
): Evidence['clientSide'] {
  if (command === undefined || !failedBy(command, error)) return undefined;
  // The server had asked for a file, and mysql2 says that nobody has given it one: nothing was loaded.
  if (propertyOf(command, '_fieldCount') === null && !isObject(propertyOf(command, '_localStream'))) return undefined;
  const server = serverVersionOf(connection);
  const { isSafe } = judgeRead(sqlOf(command) ?? '', { mayLock: false, server, safeFunctions: [] });
  return isSafe ? 'in-read' : 'in-write';
}

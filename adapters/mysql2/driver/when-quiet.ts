import type { Connection } from 'mysql2';
import { timers } from '../../../src/internal.ts';
import type { DriverCommand } from './command.ts';
import { isKnownDead, pendingCommands } from './connection.ts';
import type { ConnectionInternals } from './internals.ts';

/**
 * Calls back when every command on this connection has ended, and whoever waited for the last answer has had a turn of the event loop to send the next one; or when the
 * connection is gone.
 *
 * @returns calls it off
 */
export function whenQuiet(connection: Connection, callback: () => void): () => void {
  const { stream } = connection as unknown as ConnectionInternals;
  let last: DriverCommand | undefined;
  let immediate: NodeJS.Immediate | undefined;
  let isOver = false;
  const stop = () => {
    isOver = true;
    stream?.removeListener('close', lookSoon);
    timers.clearImmediate(immediate);
  };
  const look = () => {
    immediate = undefined;
    const pending = pendingCommands(connection).at(-1);
    if (pending === undefined || isKnownDead(connection)) {
      stop();
      callback();
    } else if (pending !== last) {
      last = pending;
      last.on('end', lookSoon);
    }
  };
  const lookSoon = () => {
    if (!isOver) immediate ??= timers.setImmediate(look);
  };
  // mysql2 does not tell a command's end when the connection was lost under it.
  stream?.on('close', lookSoon);
  lookSoon();
  return stop;
}

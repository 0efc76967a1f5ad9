import type { Connection } from 'mysql2';
import { pendingCommands } from '../driver/connection.ts';
import { whenQuiet } from '../driver/when-quiet.ts';
import { startFairTimer } from '../wait/fair-timer.ts';

/** How long a connection is waited for that its user has given back with commands under way. */
export interface AnswerLimits {
  /** Without any progress for so long, in milliseconds, nothing is waited for any more. */
  readonly patience: number;
  /** How many bytes have been read. */
  readonly read: () => number;
  /** The server is asked whether it still executes what is under way. */
  readonly isWatched: () => boolean;
}

/**
 * Calls back when all that is under way on a connection was answered, or it is gone; or `stuck`, when nothing moves and nobody looks after it: rows, say,
 * that nobody reads. Does not keep the process alive.
 *
 * @returns calls it off
 */
export function whenAnswered(
  connection: Connection,
  { patience, read, isWatched }: AnswerLimits,
  callback: (how: 'answered' | 'stuck') => void,
): () => void {
  let stopTimer = () => {};
  const stopWaiting = whenQuiet(connection, () => {
    stopTimer();
    callback('answered');
  });
  const stop = () => {
    stopTimer();
    stopWaiting();
  };
  const startTimer = () => {
    const [command] = pendingCommands(connection);
    const readBefore = read();
    const look = () => {
      const [now] = pendingCommands(connection);
      if (now !== command || read() !== readBefore || isWatched()) startTimer();
      else {
        stop();
        callback('stuck');
      }
    };
    stopTimer = startFairTimer(patience, look, false);
  };
  startTimer();
  return stop;
}

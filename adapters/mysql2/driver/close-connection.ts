import type { Connection } from 'mysql2';
import { timers } from '../../../src/internal.ts';
import { hasRunningCommand, pendingCommands, tellsOfCommands } from './connection.ts';
import type { ConnectionInternals } from './internals.ts';

/** How long, in milliseconds, a connection that its user has destroyed may take for the answers that its server owes. */
const patience = 30_000;

/**
 * Closes a connection that its user has destroyed, as mysql2 does: what is under way is still answered. mysql2 only half-closes it, though; a
 * peer that never answers would keep the socket for ever.
 */
export function closeWhenAnswered(connection: Connection): void {
  const { stream } = connection as unknown as ConnectionInternals;
  // One that has closed says so no more.
  if (stream === undefined || stream.destroyed) return;
  const isKnown = tellsOfCommands(connection);
  if (isKnown && !hasRunningCommand(connection)) {
    stream.destroy();
    return;
  }
  const timer = timers.setTimeout(() => stream.destroy(), patience);
  timer.unref();
  stream.once('close', () => timers.clearTimeout(timer));
  // The result is told in the next tick, and nothing is left to come then.
  if (isKnown) {
    pendingCommands(connection)
      .at(-1)
      ?.on('end', () => timers.setImmediate(() => stream.destroy()));
  }
}

/**
 * Tells whoever still waits for an answer that the connection is gone: of one that this side has closed, mysql2 does not. What has come before that, and is
 * read slowly, is still handed out.
 */
export function tellWhenClosed(connection: Connection): void {
  const internals = connection as unknown as ConnectionInternals;
  let hasTold = false;
  const tell = () => {
    const { _fatalError, _paused } = internals;
    // mysql2 keeps what it has read until its reader goes on, and would drop it.
    if (hasTold || _paused === true || _fatalError) return;
    if (tellsOfCommands(connection) && !hasRunningCommand(connection)) return;
    hasTold = true;
    const error = new Error('Connection lost: it was destroyed before the server answered');
    failAll(connection, Object.assign(error, { code: 'PROTOCOL_CONNECTION_LOST', fatal: true }));
  };
  const { stream } = internals;
  // Whatever has come, was read before.
  if (stream === undefined) connection.once('end', () => timers.setImmediate(tell));
  // mysql2 listens, too, and before: whom it tells, has ended by now.
  stream?.once('close', () => {
    const { resume } = internals;
    if (resume !== undefined) {
      internals.resume = () => {
        resume.call(connection);
        timers.setImmediate(tell);
      };
    }
    tell();
  });
}

/** Resolves when nothing is left of a connection on this side; at once, where this version of mysql2 does not let anybody see that. */
export function whenClosed(connection: Connection): Promise<void> {
  const { stream } = connection as unknown as ConnectionInternals;
  if (stream === undefined || stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => stream.once('close', () => resolve()));
}

/** Fails all that waits for an answer, as mysql2 does when it notices that a connection was lost. */
function failAll(connection: Connection, error: Error): void {
  const { _handleFatalError: fail } = connection as unknown as ConnectionInternals;
  if (fail !== undefined) fail.call(connection, error);
  else for (const command of pendingCommands(connection)) command.onResult?.(error);
}

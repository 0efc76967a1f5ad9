import type { Connection } from 'mysql2';
import { hasRunningCommand, pendingCommands } from './connection.ts';
import type { ConnectionInternals } from './internals.ts';

/** How long, in milliseconds, a connection that its user has destroyed may take for the answers that its server owes. */
const patience = 30_000;

/**
 * Closes a connection that its user has destroyed, as mysql2 does: what is under way is still answered. mysql2 only half-closes it, though; a
 * peer that never answers would keep the socket for ever.
 */
export function closeWhenAnswered(connection: Connection): void {
  const { stream } = connection as unknown as ConnectionInternals;
  if (stream === undefined) return;
  if (!hasRunningCommand(connection)) {
    stream.destroy();
    return;
  }
  const timer = setTimeout(() => stream.destroy(), patience);
  timer.unref();
  stream.once('close', () => clearTimeout(timer));
  // The result is told in the next tick, and nothing is left to come then.
  pendingCommands(connection)
    .at(-1)
    ?.on('end', () => setImmediate(() => stream.destroy()));
}

/**
 * Tells whoever still waits for an answer that the connection is gone: of one that this side has closed, mysql2 does not. What has come before that, and is
 * read slowly, is still handed out.
 */
export function tellWhenClosed(connection: Connection): void {
  const internals = connection as unknown as ConnectionInternals;
  const tell = () => {
    const { _closing, _fatalError, _paused, _handleFatalError: fail } = internals;
    // mysql2 keeps what it has read until its reader goes on, and would drop it.
    if (_paused === true || _closing !== true || _fatalError || !hasRunningCommand(connection)) return;
    const error = new Error('Connection lost: it was destroyed before the server answered');
    fail?.call(connection, Object.assign(error, { code: 'PROTOCOL_CONNECTION_LOST' }));
  };
  internals.stream?.once('close', () => {
    const resume = connection.resume.bind(connection);
    connection.resume = () => {
      resume();
      setImmediate(tell);
    };
    tell();
  });
}

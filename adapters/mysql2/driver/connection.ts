import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Connection } from 'mysql2';
import { readServerVersion, type ServerVersion, timers } from '../../../src/internal.ts';
import type { DriverCommand } from './command.ts';
import type { ConnectionInternals } from './internals.ts';

/** Whether a text may hold several statements (CLIENT_MULTI_STATEMENTS); yes, where this version of mysql2 does not tell. */
export function allowsMultipleStatements(connection: Connection): boolean {
  const { clientFlags } = connection.config as { clientFlags?: unknown };
  return typeof clientFlags !== 'number' || (clientFlags & 0x1_00_00) !== 0;
}

/**
 * Whether the server got this text and no other. mysql2 sends `binary` and single-byte charsets by cutting characters to a byte,
 * so that a letter may arrive as a quote.
 */
export function isEncodedFaithfully(sql: string, connection: Connection): boolean {
  const { clientEncoding } = connection as unknown as { clientEncoding?: unknown };
  return clientEncoding === 'utf8' || clientEncoding === 'cesu8' || /^[\0-\x7f]*$/.test(sql);
}

/** The commands whose answer is not in yet, the running one first. */
export function pendingCommands(connection: Connection): readonly DriverCommand[] {
  const { _command, _commands } = connection as unknown as ConnectionInternals;
  const queued = Array.from({ length: _commands?.length ?? 0 }, (_, index) => _commands?.get?.(index));
  return [_command, ...queued].filter((command) => command !== undefined && command !== null);
}

/** Whether anything was sent or queued on this connection whose answer is not in yet. */
export function hasRunningCommand(connection: Connection): boolean {
  const { _command, _commands } = connection as unknown as ConnectionInternals;
  return (_command !== null && _command !== undefined) || (_commands?.length ?? 0) > 0;
}

/**
 * Lets the kernel ask the other end of this very connection, without a byte of the protocol: after `idle` milliseconds without traffic, and then each second, ten times.
 * Where nobody answers, the connection ends with an error of its own.
 */
export function probePath(connection: Connection, idle: number): void {
  const { stream } = connection as unknown as ConnectionInternals;
  if (typeof stream?.setKeepAlive === 'function') stream.setKeepAlive(true, idle);
}

/** Whether this version of mysql2 tells of all that is under way. */
export function tellsOfCommands(connection: Connection): boolean {
  return '_command' in connection && typeof (connection as ConnectionInternals)._commands?.get === 'function';
}

/** How many bytes the server has sent so far; 0 where that is not counted. */
export function bytesRead(connection: Connection): number {
  return (connection as unknown as ConnectionInternals).stream?.bytesRead ?? 0;
}

/** Whether this side already knows that the connection is of no use. Sends nothing. */
export function isKnownDead(connection: Connection): boolean {
  const { stream, _fatalError, _protocolError, _closing } = connection as unknown as ConnectionInternals;
  if (_fatalError || _protocolError || _closing === true) return true;
  return stream !== undefined && (stream.destroyed || stream.readableEnded || !stream.writable);
}

/** How many turns of the event loop a pending end of the stream needs to be seen, in the worst context; measured. */
export function turnsToNoticeEnd(connection: Connection): number {
  return (connection as unknown as ConnectionInternals).stream instanceof TLSSocket ? 3 : 2;
}

/**
 * When mysql2 last had this connection in use, by the wall clock; the end of time where it does not tell, which nothing trusts. mysql2 reads the clock of the
 * process, which tells nothing while it is faked.
 */
export function lastActiveAt(connection: Connection): number {
  // biome-ignore lint/style/noRestrictedGlobals: the clock of mysql2
  if (Date.now !== timers.wallClock) return Number.POSITIVE_INFINITY;
  const { lastActiveTime } = connection as unknown as { lastActiveTime?: unknown };
  return typeof lastActiveTime === 'number' ? lastActiveTime : Number.POSITIVE_INFINITY;
}

/** SERVER_STATUS_AUTOCOMMIT in the server's greeting; undefined, where this version of mysql2 does not tell. */
export function autocommitAtFirst(connection: Connection): boolean | undefined {
  const { statusFlags } = (connection as unknown as ConnectionInternals)._handshakePacket ?? {};
  return typeof statusFlags === 'number' ? (statusFlags & 2) !== 0 : undefined;
}

/** What the server is, by its greeting; undefined where that says nothing that is known, or this version of mysql2 does not tell. */
export function serverVersionOf(connection: Connection): ServerVersion | undefined {
  return readServerVersion((connection as unknown as ConnectionInternals)._handshakePacket?.serverVersion);
}

/** The database that a new connection uses, before anybody changes it; undefined for none. */
export function databaseNow(connection: Connection): string | undefined {
  const { database } = (connection as unknown as ConnectionInternals).config ?? {};
  return typeof database === 'string' ? database : undefined;
}

/** As whom a connection has logged in, before anybody changes that. */
export function userNow(connection: Connection): string | undefined {
  const { user } = (connection as unknown as ConnectionInternals).config ?? {};
  return typeof user === 'string' ? user : undefined;
}

export function threadIdOf(connection: Connection): number | undefined {
  return typeof connection.threadId === 'number' ? connection.threadId : undefined;
}

/** Both ends of a TCP connection. */
export interface Endpoints {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

/** Where a connection comes from and goes to; undefined for a socket file, a stream of the user's making, and one that is not open any more. */
export function endpointsOf(connection: Connection): Endpoints | undefined {
  const { localAddress, localPort, remoteAddress, remotePort } =
    (connection as unknown as ConnectionInternals).stream ?? ({} as Partial<Socket>);
  if (localAddress === undefined || localPort === undefined) return undefined;
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  return { localAddress, localPort, remoteAddress, remotePort };
}

/** Ends a connection whose server is not listened to any more, at once and for good. */
export function destroyConnection(connection: Partial<Pick<Connection, 'destroy'>>): void {
  connection.destroy?.();
  (connection as unknown as ConnectionInternals).stream?.destroy();
}

/** Cuts a connection: what waits for an answer on it fails with this error. */
export function cutConnection(connection: Connection, error: Error): void {
  (connection as unknown as ConnectionInternals).stream?.destroy(error);
}

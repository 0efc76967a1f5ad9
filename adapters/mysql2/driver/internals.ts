/**
 * The one room that touches what mysql2 does not document. Everything is looked for before it is used; where something is missing,
 * the answer is the careful one ("it may have been written", "it may still be running"), and a warning says so once.
 * `test/integration/driver.test.ts` names what a new version of mysql2 changed.
 */

import { Socket } from 'node:net';
import type { ConnectionOptions, Pool, PoolConnection } from 'mysql2';
import { processWide } from '../../../src/internal.ts';
import type { DriverCommand } from './command.ts';
import type { IncomingPacket } from './packets.ts';
import { stepsAreKnown } from './result-end.ts';

export interface ConnectionInternals {
  stream?: Socket;
  handlePacket?: (packet?: IncomingPacket) => void;
  sequenceId?: number;
  config?: { readonly clientFlags?: unknown; readonly compress?: unknown; readonly database?: unknown };
  clientEncoding?: unknown;
  lastActiveTime?: unknown;
  _handleFatalError?: (error: Error) => void;
  addCommand?: (command: DriverCommand) => unknown;
  destroy?: () => void;
  _realEnd?: (callback: (error?: unknown) => void) => unknown;
  _command?: DriverCommand | null | undefined;
  _commands?: { readonly length: number; get?(index: number): DriverCommand | undefined };
  _fatalError?: unknown;
  _protocolError?: unknown;
  _closing?: boolean;
  _paused?: boolean;
  _handshakePacket?: { readonly statusFlags?: unknown } | null;
}

export interface PoolInternals {
  _closed?: boolean;
  _allConnections?: { readonly length: number; get(index: number): unknown };
  _freeConnections?: { readonly length: number };
  config?: {
    connectionLimit?: number;
    waitForConnections?: boolean;
    queueLimit?: number;
    connectionConfig?: { trace?: boolean; database?: string } & ConnectionOptions;
  };
}

/** What mysql2 must have for the evidence to be exact rather than merely careful. Each with what is lost without it. */
export function missingInternals(pool: Pool, connection: PoolConnection): readonly string[] {
  const found = connection as unknown as ConnectionInternals;
  const inPool = pool as unknown as PoolInternals;
  const checks: readonly (readonly [string, boolean])[] = [
    ['connection.stream: the socket, its byte counts and its destroy()', countsBytes(found.stream)],
    ['connection._command: which command a write belongs to', '_command' in found],
    ['connection._commands: whether commands still wait', typeof found._commands?.length === 'number'],
    ['connection.addCommand: every command that is begun', typeof found.addCommand === 'function'],
    ['connection._realEnd: when it has ended with its pool', typeof found._realEnd === 'function'],
    ['connection._fatalError: whether the connection is beyond use', '_fatalError' in found],
    ['connection._paused: whether somebody reads', '_paused' in found],
    ['connection._protocolError: whether the connection is beyond use', '_protocolError' in found],
    [
      'connection._handshakePacket: whether the session began with autocommit',
      typeof found._handshakePacket?.statusFlags === 'number',
    ],
    ['connection.handlePacket: whether packets come in order', typeof found.handlePacket === 'function'],
    ['connection.sequenceId: whether packets come in order', typeof found.sequenceId === 'number'],
    ['connection._handleFatalError: how it is ended then', typeof found._handleFatalError === 'function'],
    ['connection.config.clientFlags: whether a text is one statement', typeof found.config?.clientFlags === 'number'],
    ['connection.clientEncoding: whether the server got the text as it is', typeof found.clientEncoding === 'string'],
    ['connection.lastActiveTime: how long it was idle', typeof found.lastActiveTime === 'number'],
    ['connection.threadId: which session of the server it is', typeof connection.threadId === 'number'],
    ['Query.row and its siblings: which packet ends a result', stepsAreKnown(connection)],
    ['pool._closed: whether the pool was ended', typeof inPool._closed === 'boolean'],
    ['pool._freeConnections: whether a connection is idle', typeof inPool._freeConnections?.length === 'number'],
    ['pool._allConnections: connections still in their handshake', typeof inPool._allConnections?.get === 'function'],
    ['pool.config.connectionLimit: the size of the pool', typeof inPool.config?.connectionLimit === 'number'],
  ];
  return checks.filter(([, present]) => !present).map(([name]) => name);
}

/** A stream that the user made (a tunnel, say) counts as it likes. */
function countsBytes(stream: unknown): boolean {
  return stream instanceof Socket ? typeof stream.bytesWritten === 'number' : stream !== undefined;
}

/**
 * Says so, once for each version of mysql2 in this process, where it lacks what the evidence rests on. What is missing is taken for the worst:
 * outcomes are unknown that could have been known.
 */
export function warnOfMissingInternals(pool: Pool, connection: PoolConnection): void {
  const checked = processWide('mysql2-versions-checked', () => new WeakSet<object>());
  if (checked.has(connection.constructor)) return;
  checked.add(connection.constructor);
  const missing = missingInternals(pool, connection);
  if (missing.length === 0) return;
  process.emitWarning(
    'This version of mysql2 lacks what gone-away reads the outcome of a statement from. gone-away retries less, and calls more outcomes unknown. ' +
      `Missing: ${missing.join('; ')}`,
    { code: 'GONE_AWAY_MYSQL2' },
  );
}

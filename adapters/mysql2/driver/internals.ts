/**
 * The one room that touches what mysql2 does not document. Everything is looked for before it is used; where something is missing,
 * the answer is the careful one ("it may have been written", "it may still be running"), and `known-internals.ts` says so, once.
 */

import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'mysql2';
import type { DriverCommand } from './command.ts';
import type { IncomingPacket } from './packets.ts';

export interface ConnectionInternals {
  stream?: Socket;
  handlePacket?: (packet?: IncomingPacket) => void;
  sequenceId?: number;
  compressedSequenceId?: number;
  config?: {
    readonly compress?: unknown;
    readonly clientFlags?: unknown;
    readonly database?: unknown;
    readonly user?: unknown;
  };
  clientEncoding?: unknown;
  lastActiveTime?: unknown;
  _handleFatalError?: (error: Error) => void;
  addCommand?: (command: DriverCommand) => unknown;
  /** Takes the place of `addCommand` when the connection has ended. */
  _addCommandClosedState?(command: DriverCommand): void;
  destroy?: () => void;
  write?: (chunk: Uint8Array) => unknown;
  resume?: () => void;
  threadId?: unknown;
  _realEnd?: (callback: (error?: unknown) => void) => unknown;
  _command?: DriverCommand | null | undefined;
  _commands?: { readonly length: number; get?(index: number): DriverCommand | undefined };
  _fatalError?: unknown;
  _protocolError?: unknown;
  _closing?: boolean;
  _paused?: boolean;
  _paused_packets?: { readonly length: number };
  _handshakePacket?: { readonly statusFlags?: unknown; readonly serverVersion?: unknown } | null;
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

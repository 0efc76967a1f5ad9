import { errorMonitor } from 'node:events';
import { connect, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import {
  type Connection,
  type ConnectionOptions,
  createConnection,
  type Pool,
  type PoolConnection,
  type TypedParameterValue,
} from 'mysql2';
import type { Pool as PromisePool } from 'mysql2/promise';
import { executePacket, headerLength, isUtf8, type ParameterHint } from '../prepared/execute-packet.ts';
import { type Fault, faultAfterReading, faultBeforeReading, type IncomingPacket } from './packets.ts';
import { unsentBytesOf } from './unsent-bytes.ts';

/**
 * The one room that touches what mysql2 does not document. Everything is looked for before it is used; where something is missing,
 * the answer is the careful one ("it may have been written", "it may still be running"). `test/integration/driver.test.ts` names
 * what a new version of mysql2 changed.
 */

/** A command of mysql2: what `query()` returns, and what waits in its queue. */
export interface DriverCommand {
  readonly sql?: unknown;
  readonly query?: unknown;
  onResult?: ((error: unknown, rows?: unknown, fields?: unknown) => void) | undefined;
  on(event: string | symbol, listener: (...values: never[]) => void): unknown;
}

interface Execution {
  readonly _executeOptions?: { readonly attributes?: unknown };
  readonly parameters?: unknown;
  readonly statement?: { readonly id?: unknown; readonly parameters?: unknown };
  readonly timeout?: unknown;
  options?: object;
  _connection?: unknown;
  buildParserFromFields?: (fields: unknown, connection: { config: object }) => unknown;
  resultsetHeader?: unknown;
  start?: (packet: unknown, connection: ExecutingConnection) => unknown;
}

interface ExecutingConnection {
  readonly config: { readonly clientFlags?: unknown; readonly charsetNumber?: unknown };
  readonly serverCapabilityFlags?: unknown;
  writePacket?(packet: OutgoingPacket): void;
}

/** As much of mysql2's packet as `writePacket` needs. */
class OutgoingPacket {
  readonly buffer: Buffer;

  /** @param buffer with room for the header */
  constructor(buffer: Buffer) {
    this.buffer = buffer;
  }

  length(): number {
    return this.buffer.length;
  }

  writeHeader(sequenceId: number): void {
    this.buffer.writeUIntLE(this.buffer.length - headerLength, 0, 3);
    this.buffer[3] = sequenceId;
  }
}

/** By what the rows of one statement are read: mysql2 compiles a parser from the options of the statement and of its connection. */
export interface RowOptions {
  readonly statement: object;
  readonly connection: object;
}

/** A prepared statement that is about to be queued: PREPARE, if it is needed, goes before it. */
export interface PreparedExecution {
  readonly options: object;
  /**
   * Has its rows read by these options, and by no others of the statement or the connection; and its packet made by
   * {@link executePacket}, where that makes what mysql2 would make: mysql2 puts all options of the connection together for each call.
   */
  runBy(rows: RowOptions): void;
}

/** Undefined for other commands, and where this version of mysql2 has other internals. */
export function executionOf(command: DriverCommand & Execution): PreparedExecution | undefined {
  const { buildParserFromFields, resultsetHeader, start, _executeOptions: options } = command;
  if (options === undefined || buildParserFromFields === undefined) return undefined;
  return {
    options,
    runBy: (rows) => {
      command.buildParserFromFields = (fields) => {
        command.options = rows.statement;
        return buildParserFromFields.call(command, fields, { config: rows.connection });
      };
      if (typeof start !== 'function' || typeof resultsetHeader !== 'function') return;
      command.start = (packet, connection) => {
        const buffer = encode(command, connection);
        if (buffer === undefined) return start.call(command, packet, connection);
        command._connection = connection;
        command.options = rows.statement;
        connection.writePacket?.(new OutgoingPacket(buffer));
        return resultsetHeader;
      };
    },
  };
}

/** CLIENT_QUERY_ATTRIBUTES */
const queryAttributesFlag = 0x8_00_00_00;

function encode(
  { _executeOptions: options, parameters, statement, timeout }: Execution,
  { config: { charsetNumber, clientFlags }, serverCapabilityFlags, writePacket }: ExecutingConnection,
): Buffer | undefined {
  if (typeof statement?.id !== 'number' || !Array.isArray(statement.parameters)) return undefined;
  if (!Array.isArray(parameters) || typeof writePacket !== 'function') return undefined;
  if (timeout !== undefined || options?.attributes !== undefined) return undefined;
  if (typeof clientFlags !== 'number' || typeof serverCapabilityFlags !== 'number') return undefined;
  if (typeof charsetNumber !== 'number' || !isUtf8(charsetNumber)) return undefined;
  const queryAttributes = (clientFlags & serverCapabilityFlags & queryAttributesFlag) !== 0;
  return executePacket(statement.id, parameters, statement.parameters as readonly ParameterHint[], { queryAttributes });
}

type TypedParameterClass = new (type: number, value: unknown, unsigned: boolean) => TypedParameterValue;

/**
 * Makes a typed parameter of a value that is known to fit. mysql2's own functions prove it, with several BigInts for each integer.
 *
 * @param sample any typed parameter; its class is not exported
 * @returns undefined where this version of mysql2 makes them differently
 */
export function typedParameterMaker(
  sample: TypedParameterValue,
): ((type: number, value: unknown, unsigned: boolean) => TypedParameterValue) | undefined {
  const Class = sample.constructor as TypedParameterClass;
  try {
    const { type, value, unsigned } = new Class(8, 7n, true);
    if (type !== 8 || value !== 7n || unsigned !== true) return undefined;
    return (ofType, ofValue, isUnsigned) => new Class(ofType, ofValue, isUnsigned);
  } catch {
    return undefined;
  }
}

interface RowsInternals {
  readonly _fieldCount?: unknown;
  readonly _localStreamError?: unknown;
}

interface ConnectionInternals {
  stream?: Socket;
  handlePacket?: (packet?: IncomingPacket) => void;
  sequenceId?: number;
  _handleFatalError?: (error: Error) => void;
  addCommand?: (command: DriverCommand) => unknown;
  _command?: DriverCommand | null | undefined;
  _commands?: { readonly length: number; get?(index: number): DriverCommand | undefined };
  _fatalError?: unknown;
  _protocolError?: unknown;
  _closing?: boolean;
  _paused?: boolean;
  _pool?: unknown;
  _handshakePacket?: { readonly statusFlags?: unknown } | null;
}

interface PoolInternals {
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
    [
      'connection.stream: the socket, its byte counts and its destroy()',
      typeof found.stream?.bytesWritten === 'number',
    ],
    ['connection._command: which command a write belongs to', '_command' in found],
    ['connection._commands: whether commands still wait', typeof found._commands?.length === 'number'],
    ['connection.addCommand: every command that is begun', typeof found.addCommand === 'function'],
    ['connection._fatalError: whether the connection is beyond use', '_fatalError' in found],
    ['connection._paused: whether somebody reads', '_paused' in found],
    ['connection._protocolError: whether the connection is beyond use', '_protocolError' in found],
    [
      'connection._handshakePacket: whether the session began with autocommit',
      typeof found._handshakePacket?.statusFlags === 'number',
    ],
    ['connection._pool: whether the pool still counts it', '_pool' in found],
    ['connection.handlePacket: whether packets come in order', typeof found.handlePacket === 'function'],
    ['connection.sequenceId: whether packets come in order', typeof found.sequenceId === 'number'],
    ['connection._handleFatalError: how it is ended then', typeof found._handleFatalError === 'function'],
    ['pool._closed: whether the pool was ended', typeof inPool._closed === 'boolean'],
    ['pool._freeConnections: whether a connection is idle', typeof inPool._freeConnections?.length === 'number'],
    ['pool._allConnections: connections still in their handshake', typeof inPool._allConnections?.get === 'function'],
    ['pool.config.connectionLimit: the size of the pool', typeof inPool.config?.connectionLimit === 'number'],
  ];
  return checks.filter(([, present]) => !present).map(([name]) => name);
}

export interface ConnectionObserver {
  /** A command is about to be queued or begun. */
  command(command: DriverCommand): void;
  /** The connection is lost: an error, or the end of the stream. May be called more than once. */
  lost(error: unknown): void;
  /** Somebody gives the connection back. True: it was dealt with, and must not go back to the pool by itself. */
  release(): boolean;
  /** Somebody destroys the connection. */
  destroyed(): void;
}

/** What happened on the wire of one connection, as far as the last command that wrote anything is concerned. */
export interface Wire {
  /** Whether the packet of this command may have reached the server, and if not, how that is known. */
  progressOf(command: DriverCommand | undefined): 'not-written' | 'write-refused' | 'cut-short' | 'written';
  /** Nobody waits for an answer any more: what has not left this process yet, stays here. */
  seal(): void;
  /** What the server owes an answer to; undefined if there is nothing, nobody reads at the moment, or this version of mysql2 does not tell. */
  unanswered(): Unanswered | undefined;
  /** Not one byte has been read since the running command was written. No, where that is not counted. */
  hasHeardNothing(): boolean;
}

/** A command that was written and has no full answer. */
export interface Unanswered {
  readonly command: DriverCommand;
  /** When it was written, on `performance.now()`'s clock. */
  readonly askedAt: number;
  /** How many bytes had been read then. */
  readonly readBefore: number;
  /** How many have been read until now. */
  readonly read: number;
  /** How many bytes of its own have left this process. */
  readonly sent: number;
  /** There is nothing more to send, as far as this side knows; or there is, and it cannot leave. */
  readonly hasSent: boolean;
}

/**
 * Watches a connection for as long as it lives: its writes, its commands, its end. The methods are shadowed on the instance; mysql2
 * shadows `addCommand` the same way when a connection closes, which then takes precedence, as it should.
 */
export function watchConnection(connection: PoolConnection, observer: ConnectionObserver): Wire {
  const internals = connection as unknown as ConnectionInternals;
  const { addCommand } = internals;
  if (addCommand !== undefined) {
    internals.addCommand = (command) => {
      observer.command(command);
      return addCommand.call(connection, command);
    };
  }
  const { release, destroy } = connection;
  connection.release = () => {
    if (!observer.release()) release.call(connection);
  };
  connection.destroy = () => {
    destroy.call(connection);
    // mysql2's own destroy only half-closes: a peer that never answers would keep the socket for ever.
    internals.stream?.destroy();
    observer.destroyed();
  };
  const wire = watchWrites(internals);
  guardPackets(internals, wire);
  // mysql2 listens for one error only; a second one, with nobody listening, would end the process.
  connection.on('error', (error: unknown) => {
    observer.lost(error);
    // Its pool has let go of it, and mysql2 only half-closes it, if that: a peer that does not would keep the socket for ever.
    internals.stream?.destroy();
  });
  connection.on('end', () => observer.lost(undefined));
  return wire;
}

/** Ends a connection that is out of step with its server, where mysql2 goes on: what waits for an answer fails as if it were lost. */
function guardPackets(internals: ConnectionInternals, { hasHeardNothing }: Wire): void {
  const { handlePacket, _handleFatalError: fail } = internals;
  if (handlePacket === undefined || fail === undefined) return;
  const end = ({ code, message }: Fault): void => {
    fail.call(internals, Object.assign(new Error(`${message}; the connection was destroyed`), { code }));
    internals.stream?.destroy();
  };
  internals.handlePacket = (packet) => {
    const { _command: command, sequenceId } = internals;
    // With nothing in flight mysql2 ends the connection itself; what comes while it is paused comes here again.
    if (packet === undefined || !command || internals._paused === true || internals._fatalError) {
      handlePacket.call(internals, packet);
      return;
    }
    const before = faultBeforeReading(packet, sequenceId, hasHeardNothing);
    if (before !== undefined) {
      end(before);
      return;
    }
    handlePacket.call(internals, packet);
    if (internals._fatalError) return;
    const after = faultAfterReading(packet, hasLostRow(command));
    if (after !== undefined) end(after);
  };
}

function hasLostRow({ _fieldCount, _localStreamError }: DriverCommand & RowsInternals): boolean {
  return _localStreamError !== undefined && typeof _fieldCount === 'number' && _fieldCount > 0;
}

function watchWrites(internals: ConnectionInternals): Wire {
  const { stream } = internals;
  if (stream === undefined || !('_command' in internals))
    return { progressOf: () => 'written', seal: () => {}, unanswered: () => undefined, hasHeardNothing: () => false };
  // Under TLS a failed write can belong to a later close_notify, sent after the server executed the statement; and of a stream that
  // the user made (a tunnel, say) nothing is known.
  const isSocket = stream instanceof Socket;
  const provesRefusal = isSocket && !(stream instanceof TLSSocket);
  const countsBytes = typeof stream.bytesWritten === 'number';
  let writer: DriverCommand | null | undefined;
  let refused: DriverCommand | null | undefined;
  let cutShort: DriverCommand | null | undefined;
  let writtenBefore = 0;
  let readBefore = 0;
  let askedAt = 0;
  let hasEnded = false;
  const unsent = unsentBytesOf(stream);
  /** Notes whose packet the server can never have the end of. Not once it has asked for more: then that is what has not left. */
  const noteCutShort = (): void => {
    if (stream.destroyed && stream.bytesRead === readBefore && unsent() > 0) cutShort = writer;
  };
  const seal = (): void => {
    if (unsent() > 0) stream.destroy();
    noteCutShort();
  };
  // The peer answers nothing any more. It may still read, and then it must not be told that it did not.
  stream.prependListener('end', seal);
  const write = stream.write as (chunk: unknown, ...rest: unknown[]) => boolean;
  const watchedWrite = (chunk: unknown, ...rest: unknown[]): boolean => {
    const command = internals._command;
    if (command !== writer) {
      writer = command;
      writtenBefore = stream.bytesWritten;
      readBefore = stream.bytesRead;
      askedAt = performance.now();
    }
    hasEnded = isEndOfFile(chunk);
    const callback = rest.at(-1);
    if (!provesRefusal || typeof callback !== 'function') return write.call(stream, chunk, ...rest);
    rest[rest.length - 1] = (error?: NodeJS.ErrnoException | null) => {
      // Once the server has asked for more (LOAD DATA LOCAL), a refused write is no longer the write of the statement.
      const unanswered = stream.bytesRead === readBefore;
      if (error?.syscall === 'write' && command === writer && unanswered) refused = command;
      callback(error);
    };
    return write.call(stream, chunk, ...rest);
  };
  stream.write = watchedWrite as Socket['write'];
  return {
    progressOf(command) {
      if (command === undefined || command !== writer) return 'not-written';
      if (countsBytes && stream.bytesWritten === writtenBefore) return 'not-written';
      noteCutShort();
      if (command === cutShort) return 'cut-short';
      return command === refused ? 'write-refused' : 'written';
    },
    seal,
    unanswered() {
      const { _command: command, _paused: paused } = internals;
      if (command === undefined || command === null || command !== writer) return undefined;
      // Not the server is silent, but this side does not listen: rows that nobody takes yet.
      if (paused === true || stream.isPaused()) return undefined;
      const left = unsent();
      return {
        command,
        askedAt,
        readBefore,
        read: stream.bytesRead,
        sent: stream.bytesWritten - left,
        hasSent: left > 0 || hasEnded || knowsOfNoFile(command),
      };
    },
    hasHeardNothing() {
      // Of a stream that the user made nothing is known, whatever it says of itself.
      if (!isSocket || internals._command !== writer) return false;
      const { bytesRead } = stream;
      return bytesRead > 0 && bytesRead === readBefore;
    },
  };
}

/** The packet with nothing in it that follows the last one of a file for LOAD DATA LOCAL. A compressed one is not known. */
function isEndOfFile(chunk: unknown): boolean {
  return (
    chunk instanceof Uint8Array && chunk.length === headerLength && chunk.subarray(0, 3).every((byte) => byte === 0)
  );
}

/** The server has not asked for one, or what it asked was lost. */
function knowsOfNoFile(command: DriverCommand): boolean {
  const { _localStream: file } = command as { _localStream?: unknown };
  return file === null;
}

/** The SQL as it was sent, parameters included: never to be shown, only to be judged. */
export function sqlOf(command: DriverCommand | undefined): string | undefined {
  const sql = command?.sql ?? command?.query;
  return typeof sql === 'string' ? sql : undefined;
}

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

/** Calls back when a command has ended and its result, if there is one, was told: mysql2 ends some that it cannot make sense of in silence. */
export function onCommandEnd(command: DriverCommand, listener: () => void): void {
  // Results are told in the next tick, and were put there before this.
  command.on('end', () => process.nextTick(listener));
}

export function endedUntold(): Error {
  const error = new Error('The answer of the server made no sense, and the statement ended without one');
  return Object.assign(error, { code: 'PROTOCOL_ERROR' });
}

/** Calls back with the result of a command, however its user waits for it. */
export function onCommandResult(command: DriverCommand, listener: (error: unknown, rows: unknown) => void): void {
  const { onResult } = command;
  if (typeof onResult === 'function') {
    command.onResult = (error, rows, fields) => {
      listener(error, rows);
      onResult(error, rows, fields);
    };
    return;
  }
  // errorMonitor does not count as a listener: an error that nobody handles still surfaces as mysql2 would have it.
  command.on(errorMonitor, (error: unknown) => listener(error, undefined));
  command.on('result', (row: unknown) => listener(undefined, row));
}

/** What an OK packet says of the session. Source: MySQL, "Protocol basics", status flags. */
export interface SessionStatus {
  /** SERVER_STATUS_IN_TRANS */
  readonly inTransaction: boolean;
  /** SERVER_STATUS_AUTOCOMMIT */
  readonly autocommit: boolean;
}

/** The session after this result, by its last OK packet; undefined where there was none, as after a SELECT. */
export function sessionStatusOf(rows: unknown): SessionStatus | undefined {
  const last: unknown = Array.isArray(rows) ? rows.at(-1) : rows;
  // By name: a user's own row may have a column of that name, and mysql2 does not export the class.
  if (typeof last !== 'object' || last === null || last.constructor?.name !== 'ResultSetHeader') return undefined;
  const { serverStatus } = last as { serverStatus?: unknown };
  if (typeof serverStatus !== 'number') return undefined;
  return { inTransaction: (serverStatus & 1) !== 0, autocommit: (serverStatus & 2) !== 0 };
}

/** SERVER_STATUS_AUTOCOMMIT in the server's greeting; no, where this version of mysql2 does not tell. */
export function beganWithAutocommit(connection: Connection): boolean {
  const { statusFlags } = (connection as unknown as ConnectionInternals)._handshakePacket ?? {};
  return typeof statusFlags === 'number' && (statusFlags & 2) !== 0;
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

/** Whether this side already knows that the connection is of no use. Sends nothing. */
export function isKnownDead(connection: Connection): boolean {
  const { stream, _fatalError, _protocolError, _closing } = connection as unknown as ConnectionInternals;
  if (_fatalError || _protocolError || _closing === true) return true;
  return stream !== undefined && (stream.destroyed || stream.readableEnded || !stream.writable);
}

/** Whether mysql2's pool still counts this connection as its own. */
export function isInPool(connection: PoolConnection): boolean {
  const internals = connection as unknown as ConnectionInternals;
  return !('_pool' in internals) || internals._pool !== null;
}

/** How many turns of the event loop a pending end of the stream needs to be seen, in the worst context; measured. */
export function turnsToNoticeEnd(connection: Connection): number {
  return (connection as unknown as ConnectionInternals).stream instanceof TLSSocket ? 3 : 2;
}

/** When mysql2 last had this connection in use, by the wall clock; the end of time where it does not tell, which nothing trusts. */
export function lastActiveAt(connection: Connection): number {
  const { lastActiveTime } = connection as unknown as { lastActiveTime?: unknown };
  return typeof lastActiveTime === 'number' ? lastActiveTime : Number.POSITIVE_INFINITY;
}

export function threadIdOf(connection: Connection): number | undefined {
  return typeof connection.threadId === 'number' ? connection.threadId : undefined;
}

/** How many connections lie idle in the pool; undefined where this version of mysql2 does not tell. */
export function idleCount(pool: Pool): number | undefined {
  return (pool as unknown as PoolInternals)._freeConnections?.length;
}

/** Calls back when somebody ends the pool, through whichever of its wrappers. mysql2 has no event for that. */
export function watchPoolEnd(pool: Pool, listener: () => void): void {
  const end = pool.end as (...values: unknown[]) => unknown;
  pool.end = ((...values: unknown[]) => {
    try {
      return end.apply(pool, values);
    } finally {
      listener();
    }
  }) as Pool['end'];
}

export function isPoolClosed(pool: Pool): boolean {
  return (pool as unknown as PoolInternals)._closed === true;
}

/** The pool's size; Infinity where it has no limit. */
export function connectionLimit(pool: Pool): number {
  const limit = (pool as unknown as PoolInternals).config?.connectionLimit;
  return typeof limit === 'number' && limit > 0 ? limit : Number.POSITIVE_INFINITY;
}

/** How many calls may wait for a connection, by the options of the pool. */
export function queueLimit(pool: Pool): number {
  const config = (pool as unknown as PoolInternals).config;
  if (config?.waitForConnections === false) return 0;
  return config?.queueLimit ? config.queueLimit : Number.POSITIVE_INFINITY;
}

/** The database that the connections of this pool use, as its options say. */
export function databaseOf(pool: Pool): string | undefined {
  return (pool as unknown as PoolInternals).config?.connectionConfig?.database;
}

const whereTo = [
  'host',
  'port',
  'localAddress',
  'socketPath',
  'user',
  'password',
  'passwordSha1',
  'ssl',
  'stream',
  'connectTimeout',
  'insecureAuth',
  'authPlugins',
  'enableCleartextPlugin',
] as const satisfies readonly (keyof ConnectionOptions)[];

/** Options with which to reach the same server as the same user. */
export function connectionOptionsOf(pool: Pool): ConnectionOptions {
  const config = (pool as unknown as PoolInternals).config?.connectionConfig ?? {};
  return Object.fromEntries(whereTo.filter((name) => config[name] !== undefined).map((name) => [name, config[name]]));
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

/**
 * A connection of its own to the server of this pool, as the same user. Does not keep the process alive.
 *
 * @param to the very address that another connection of the pool goes to, for a name may stand for many. Not where the pool connects in
 *   another way: by a socket file, or a stream of the user's making
 */
export function openControlConnection(pool: Pool, to: Endpoints | undefined): Connection {
  const options = connectionOptionsOf(pool);
  const { localAddress } = options;
  const own =
    to === undefined || options.stream !== undefined || options.socketPath !== undefined
      ? {}
      : {
          stream: () =>
            connect({
              host: to.remoteAddress,
              port: to.remotePort,
              noDelay: true,
              ...(localAddress && { localAddress }),
            }),
        };
  // Who asks also stops waiting; mysql2's own timer would keep the process alive.
  const connection = createConnection({ ...options, ...own, connectTimeout: 0 });
  const { stream } = connection as unknown as ConnectionInternals;
  stream?.unref?.();
  // Between two questions an error has nobody to go to, and would end the process.
  connection.on('error', () => {});
  return connection;
}

/** Ends a connection whose server is not listened to any more, at once and for good. */
export function destroyConnection(connection: Connection): void {
  connection.destroy();
  (connection as unknown as ConnectionInternals).stream?.destroy();
}

/** Cuts a connection: what waits for an answer on it fails with this error. */
export function cutConnection(connection: Connection, error: Error): void {
  (connection as unknown as ConnectionInternals).stream?.destroy(error);
}

/** Cuts every connection of this pool. Statements that wait for an answer fail with a network error. */
export function cutConnections(pool: Pool): void {
  const all = (pool as unknown as PoolInternals)._allConnections;
  const connections = Array.from({ length: all?.length ?? 0 }, (_, index) => all?.get(index) as ConnectionInternals);
  const error = Object.assign(new Error('The pool was ended, and did not wait any longer'), { code: 'ECONNABORTED' });
  for (const { stream } of connections) stream?.destroy(error);
}

/** Whether the user wants errors to carry the stack of the call that they belong to. mysql2's default is yes. */
export function wantsCallerStack(pool: Pool): boolean {
  return (pool as unknown as PoolInternals).config?.connectionConfig?.trace !== false;
}

/** A server that has refused the connection may leave it open, and mysql2 does as well. */
function destroyStream(this: Connection): void {
  (this as unknown as ConnectionInternals).stream?.destroy();
}

/**
 * Listens for errors of the connection that the pool has just begun to make. Between its first error and its end nobody else does,
 * and a second error would end the process.
 */
export function guardNewestConnection(pool: Pool): void {
  const all = (pool as unknown as PoolInternals)._allConnections;
  const newest =
    all === undefined || all.length === 0 ? undefined : (all.get(all.length - 1) as Connection | undefined);
  if (newest?.listeners('error').includes(destroyStream) === false) newest.on('error', destroyStream);
}

/** The callback pool behind whatever pool of mysql2 this is; undefined if it is none. */
export function corePoolOf(candidate: unknown): Pool | undefined {
  if (typeof candidate !== 'object' || candidate === null) return undefined;
  if (isCallbackPool(candidate)) return candidate;
  const inner: unknown = (candidate as Partial<PromisePool>).pool;
  return typeof inner === 'object' && inner !== null && isCallbackPool(inner) ? inner : undefined;
}

export function isCallbackPool(candidate: object): candidate is Pool {
  const { getConnection, promise, query, releaseConnection } = candidate as Partial<Pool>;
  return [getConnection, promise, query, releaseConnection].every((method) => typeof method === 'function');
}

import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { timers } from '../../../src/internal.ts';
import type { DriverCommand } from './command.ts';
import type { ConnectionInternals } from './internals.ts';
import { headerLength, isSurplus, longestPacket } from './packets.ts';
import { isPrepare, prepares } from './result-end.ts';
import { unsentBytesOf, waitingBytesOf } from './unsent-bytes.ts';

/** What happened on the wire of one connection, as far as the last command that wrote anything is concerned. */
export interface Wire {
  /** Whether the packet of this command may have reached the server, and if not, how that is known. `prepared`: that of its PREPARE may have. */
  progressOf(
    command: DriverCommand | undefined,
  ): 'not-written' | 'write-refused' | 'cut-short' | 'prepared' | 'written';
  /** How many bytes this command has, or its PREPARE, as the server counts them; undefined where it has written nothing yet, or that is not known. */
  sizeOf(command: DriverCommand | undefined): number | undefined;
  /** mysql2 has sent an empty packet behind this command that the server does not expect: see {@link isSurplus}. */
  hasSurplus(command: DriverCommand): boolean;
  /** Nobody waits for an answer any more: what has not left this process yet, stays here. */
  seal(): void;
  /** What the server owes an answer to; undefined if there is nothing, nobody reads at the moment, or this version of mysql2 does not tell. */
  unanswered(): Unanswered | undefined;
  /** When something was last written, on `performance.now()`'s clock; 0 where that is not known. */
  lastWriteAt(): number;
  /** Somebody else uses the connection from here on. */
  beginUse(): void;
  /** When something was first written in this use, on the same clock; 0 where nothing was, or that is not known. */
  firstWriteAt(): number;
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
  /** How many bytes were handed to the stream for it. */
  readonly size: number;
  /** How many bytes of its own have left this process, as far as that can be seen; of TLS, only whether they do. */
  readonly sent: number;
  /** There is nothing more to send, as far as this side knows; or there is, and it cannot leave. */
  readonly hasSent: boolean;
}

/** Where this version of mysql2 does not let anybody see what it writes. */
export const nothingKnown: Wire = Object.freeze({
  progressOf: () => 'written',
  sizeOf: () => undefined,
  hasSurplus: () => false,
  seal: () => {},
  unanswered: () => undefined,
  lastWriteAt: () => 0,
  beginUse: () => {},
  firstWriteAt: () => 0,
  hasHeardNothing: () => false,
});

export function watchWrites(internals: ConnectionInternals): Wire {
  const { stream } = internals;
  if (stream === undefined) return nothingKnown;
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
  let firstAskedAt = 0;
  let size = 0;
  let hasEnded = false;
  const unsent = unsentBytesOf(stream);
  const waiting = waitingBytesOf(stream);
  /** Notes whose packet the server can never have the end of. Not once it has asked for more: then that is what has not left. */
  const noteCutShort = (): void => {
    if (stream.destroyed && stream.bytesRead === readBefore && unsent() > 0) cutShort = writer;
  };
  /** This command was the last one to write anything, or its PREPARE was. */
  const isWritten = (command: DriverCommand | undefined): boolean =>
    command !== undefined && (command === writer || prepares(writer, command));
  const isPlain = (): boolean => !internals.config?.compress;
  const compressedSize = isPlain() ? undefined : countBeforeCompression(internals);
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
      askedAt = timers.now();
      if (firstAskedAt === 0) firstAskedAt = askedAt;
      size = 0;
    }
    if (chunk instanceof Uint8Array) size += chunk.length;
    // mysql2 writes the head of a long packet first, and then what is in it, which may be nothing.
    if (!(chunk instanceof Uint8Array) || chunk.length > 0) hasEnded = isEndOfFile(chunk);
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
      if (!isWritten(command)) return 'not-written';
      if (countsBytes && stream.bytesWritten === writtenBefore) return 'not-written';
      noteCutShort();
      if (writer === cutShort) return 'cut-short';
      if (writer === refused) return 'write-refused';
      return isPrepare(writer) ? 'prepared' : 'written';
    },
    sizeOf(command) {
      if (!isWritten(command)) return undefined;
      const bytes = isPlain() ? size : compressedSize?.(writer);
      return bytes === undefined ? undefined : bytes - headersIn(bytes);
    },
    hasSurplus: (command) => command === writer && isPlain() && hasEnded && isSurplus(size - headersIn(size)),
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
        size,
        sent: stream.bytesWritten - waiting(),
        hasSent: left > 0 || hasEnded || knowsOfNoFile(command),
      };
    },
    lastWriteAt: () => askedAt,
    beginUse() {
      firstAskedAt = 0;
    },
    firstWriteAt: () => firstAskedAt,
    hasHeardNothing() {
      // Of a stream that the user made nothing is known, whatever it says of itself.
      if (!isSocket || internals._command !== writer) return false;
      const { bytesRead } = stream;
      return bytesRead > 0 && bytesRead === readBefore;
    },
  };
}

/**
 * Counts what mysql2 hands to its compression, which may take its time: what reaches the stream is something else, and comes later.
 *
 * @returns how many bytes the command has that has written last; undefined for another one, and where mysql2 does not tell
 */
function countBeforeCompression(
  internals: ConnectionInternals,
): ((command: DriverCommand | null | undefined) => number | undefined) | undefined {
  const { write } = internals;
  if (write === undefined) return undefined;
  let writer: DriverCommand | null | undefined;
  let size = 0;
  internals.write = (chunk) => {
    const { _command: command } = internals;
    if (command !== writer) {
      writer = command;
      size = 0;
    }
    size += chunk.length;
    return write.call(internals, chunk);
  };
  return (command) => (command === writer ? size : undefined);
}

/** Bytes in front of the packets that so many bytes were cut into. */
function headersIn(bytes: number): number {
  return Math.ceil(bytes / (longestPacket + headerLength)) * headerLength;
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

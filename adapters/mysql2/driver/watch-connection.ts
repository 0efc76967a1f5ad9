import type { PoolConnection } from 'mysql2';
import { closeWhenAnswered, tellWhenClosed } from './close-connection.ts';
import type { DriverCommand } from './command.ts';
import type { ConnectionInternals } from './internals.ts';
import type { Knowledge } from './look-for-internals.ts';
import {
  endedBySurplus,
  type Fault,
  faultAfterReading,
  faultBeforeReading,
  type IncomingPacket,
  isCountedOn,
  mayCountAnew,
  usualHandshake,
} from './packets.ts';
import { tellLateReader } from './readers.ts';
import { isAtResult, isBehindFile, kindOf, readResultEnd } from './result-end.ts';
import type { SessionStatus } from './session-status.ts';
import { nothingKnown, type Wire, watchWrites } from './wire.ts';

export interface ConnectionObserver {
  /** A command is about to be queued or begun. */
  command(command: DriverCommand): void;
  /**
   * The server has ended a result of this command: what it says of the session, or `error` for an ERR packet. `unread` where this version of mysql2 ended the
   * command and this package does not know by what. Called before mysql2 tells anybody.
   */
  answered(command: DriverCommand, end: SessionStatus | 'error' | 'unread'): void;
  /** The server counts its packets on from command to command. From here on, nothing that it says of its session is told. */
  countsOn(): void;
  /** The connection is lost: an error, or the end of the stream. May be called more than once. */
  lost(error: unknown): void;
  /**
   * What the user of the connection is told of a command that comes after its end: the error that the one under way was lost with. mysql2 says of it that it was not
   * sent, which is true of that command alone, and masks what became of a COMMIT. No `error`: as mysql2 says it. Undefined where no user has the connection.
   */
  refused(): { readonly error: unknown } | undefined;
  /** Somebody gives the connection back. True: it was dealt with, and must not go back to the pool by itself. */
  release(): boolean;
  /** Somebody destroys the connection. */
  destroyed(): void;
}

/**
 * Watches a connection for as long as it lives: its writes, its commands, its end. The methods are shadowed on the instance; mysql2
 * shadows `addCommand` the same way when a connection closes, which then takes precedence, as it should.
 */
export function watchConnection(
  connection: PoolConnection,
  observer: ConnectionObserver,
  { lost }: Pick<Knowledge, 'lost'>,
): Wire {
  const internals = connection as unknown as ConnectionInternals;
  const { addCommand } = internals;
  if (addCommand !== undefined) {
    internals.addCommand = (command) => {
      observer.command(command);
      return addCommand.call(connection, command);
    };
  }
  const { _addCommandClosedState: refuse } = internals;
  if (refuse !== undefined) {
    internals._addCommandClosedState = (command) => {
      const refused = observer.refused();
      if (command.onResult !== undefined && refused?.error !== undefined) {
        command.onResult(refused.error);
        return;
      }
      if (command.onResult === undefined && refused !== undefined) tellLateReader(command, refused.error);
      refuse.call(connection, command);
    };
  }
  const { destroy } = internals;
  const { release } = connection;
  connection.release = () => {
    if (!observer.release()) release.call(connection);
  };
  if (destroy !== undefined) {
    connection.destroy = () => {
      destroy.call(connection);
      closeWhenAnswered(connection);
      observer.destroyed();
    };
  }
  tellWhenClosed(connection);
  const wire = lost.has('writes') ? nothingKnown : watchWrites(internals);
  if (!lost.has('answers')) guardPackets(internals, wire, observer);
  // mysql2 listens for one error only; a second one, with nobody listening, would end the process.
  connection.on('error', (error: unknown) => {
    observer.lost(error);
    // Its pool has let go of it, and mysql2 only half-closes it, if that: a peer that does not would keep the socket for ever.
    internals.stream?.destroy();
  });
  connection.on('end', () => observer.lost(undefined));
  return wire;
}

/** Reads what each packet says of the session. Ends a connection that is out of step with its server, where mysql2 goes on: what waits for an answer fails as if it were lost. */
function guardPackets(
  internals: ConnectionInternals,
  { hasHeardNothing, hasSurplus }: Wire,
  observer: ConnectionObserver,
): void {
  const { handlePacket, _handleFatalError: fail } = internals;
  if (handlePacket === undefined || fail === undefined) return;
  const end = ({ code, message }: Fault): void => {
    fail.call(internals, Object.assign(new Error(`${message}; the connection was destroyed`), { code }));
    internals.stream?.destroy();
  };
  // What both sides can do, by now: mysql2 puts a number in the place of the option.
  const isCompressed = Boolean(internals.config?.compress);
  // A listener of the pool may have sent something already, which counts anew on this side.
  const handshake = internals._command ? usualHandshake : internals.sequenceId;
  let hasAnswered = false;
  let countsOn = false;
  /** The command whose answer is being read. */
  let begun: DriverCommand | undefined;
  /** The server ends the session behind that answer. Not told of PREPARE, for EXECUTE is under way as soon as that is answered: it fails before. */
  let isLast = false;
  internals.handlePacket = (packet) => {
    const { _command: command } = internals;
    // With nothing in flight mysql2 ends the connection itself; what comes while it is paused comes here again.
    if (packet === undefined || !command || internals._paused === true || internals._fatalError) {
      handlePacket.call(internals, packet);
      return;
    }
    const { sequenceId: expected } = internals;
    if (!hasAnswered && !isCompressed && expected !== undefined && handshake !== undefined) {
      countsOn = isCountedOn(packet, expected, handshake);
      if (countsOn) observer.countsOn();
    }
    hasAnswered = true;
    const isFirst = command !== begun;
    if (isFirst) isLast = !isCompressed && !countsOn && kindOf(command) !== 'prepare' && hasSurplus(command);
    const countsAnew = isCompressed
      ? isCountedAnew(internals, packet, command, isFirst)
      : isFirst && (countsOn || (isLast && packet.sequenceId + 1 === expected));
    begun = command;
    const before = faultBeforeReading(packet, countsAnew ? undefined : expected, hasHeardNothing);
    if (before !== undefined) {
      end(before);
      return;
    }
    if (countsAnew) internals.sequenceId = packet.sequenceId;
    const result = readResultEnd(command, packet);
    if (result !== undefined && !countsOn) observer.answered(command, result);
    handlePacket.call(internals, packet);
    // Not kept for longer: it has the rows that it read.
    if (internals._command !== command) begun = undefined;
    if (internals._fatalError) return;
    if (result === undefined && begun === undefined && !countsOn && kindOf(command) !== 'prepare') {
      observer.answered(command, 'unread');
    }
    const after =
      faultAfterReading(packet, hasLostRow(command)) ?? (isLast && begun === undefined ? endedBySurplus : undefined);
    if (after !== undefined) end(after);
  };
}

function isCountedAnew(
  { sequenceId: expected, compressedSequenceId = 0 }: ConnectionInternals,
  packet: IncomingPacket,
  command: DriverCommand,
  isFirst: boolean,
): boolean {
  if (expected === undefined || packet.sequenceId === expected) return false;
  const further = isAtResult(command) ? 'result' : isBehindFile(command) ? 'file' : 'elsewhere';
  // The compressed packet that brought this one is counted by now.
  return mayCountAnew(isFirst ? 'first' : further, Math.max(expected, compressedSequenceId - 1));
}

interface RowsInternals {
  readonly _fieldCount?: unknown;
  readonly _localStreamError?: unknown;
}

function hasLostRow({ _fieldCount, _localStreamError }: DriverCommand & RowsInternals): boolean {
  return _localStreamError !== undefined && typeof _fieldCount === 'number' && _fieldCount > 0;
}

import { propertyOf } from '../../../src/internal.ts';
import type { DriverCommand } from './command.ts';
import type { IncomingPacket } from './packets.ts';
import { readEof, readOk, type SessionStatus } from './session-status.ts';

/**
 * A command of mysql2 steps from one of its own methods to the next: `next` is the one that reads the next packet. Compared with the method itself, not by a
 * name: a minifier renames classes and functions, and leaves the properties of an object as they are.
 */
interface SteppingCommand extends DriverCommand {
  readonly next?: unknown;
  readonly row?: unknown;
  readonly resultsetHeader?: unknown;
  readonly infileOk?: unknown;
  readonly pingResponse?: unknown;
  readonly resetConnectionResponse?: unknown;
  readonly handshakeResult?: unknown;
  readonly prepareHeader?: unknown;
  readonly options?: unknown;
  readonly _executeOptions?: unknown;
  readonly statement?: unknown;
  readonly _fieldCount?: unknown;
}

/** What a command does to a session, by the kind of its packet. `other` is one that this package does not know. */
export type CommandKind = 'statement' | 'prepare' | 'ping' | 'reset' | 'change-user' | 'other';

export function kindOf(command: SteppingCommand): CommandKind {
  if (command.row !== undefined) return 'statement';
  if (command.prepareHeader !== undefined) return 'prepare';
  if (command.pingResponse !== undefined) return 'ping';
  if (command.resetConnectionResponse !== undefined) return 'reset';
  return command.handshakeResult !== undefined ? 'change-user' : 'other';
}

/** PREPARE: the text goes to the server, and nothing is executed. */
export function isPrepare(command: SteppingCommand | null | undefined): command is SteppingCommand {
  return command !== null && command !== undefined && kindOf(command) === 'prepare';
}

/** Whether the first is the PREPARE that the second waits for. mysql2 makes both of one object of options for each call of `execute()`. */
export function prepares(prepare: SteppingCommand | null | undefined, command: SteppingCommand): boolean {
  if (!isPrepare(prepare)) return false;
  const { _executeOptions: options, statement } = command;
  return options !== undefined && options === prepare.options && statement === undefined;
}

/** Whether its session will be somebody else's: `changeUser()` may also be a way to reset it. */
export function changesUser(command: SteppingCommand, { config }: { readonly config: unknown }): boolean {
  return kindOf(command) === 'change-user' && propertyOf(command, 'user') !== propertyOf(config, 'user');
}

/**
 * What a packet that is about to be read says of the session: the status at the end of a result, `error` for an ERR packet, which says nothing,
 * and undefined for all others. For a row it takes three comparisons.
 */
export function readResultEnd(
  command: SteppingCommand,
  { buffer, offset, end }: IncomingPacket,
): SessionStatus | 'error' | undefined {
  const first = buffer[offset];
  if (first === 0xff) return 'error';
  const { next } = command;
  if (next === command.row && next !== undefined) {
    // Longer ones are rows: their first value has more than 16 MB.
    return first === 0xfe && end - offset < 9 ? readEof(buffer, offset, end) : undefined;
  }
  return first === 0 && readsOk(command, next) ? readOk(buffer, offset, end) : undefined;
}

/** Whether the next packet begins a result. */
export function isAtResult({ next, resultsetHeader }: SteppingCommand): boolean {
  return next !== undefined && next === resultsetHeader;
}

/** Whether the next packet comes after a file was sent for LOAD DATA LOCAL. */
export function isBehindFile({ next, infileOk }: SteppingCommand): boolean {
  return next !== undefined && next === infileOk;
}

/** Of what a command tells as a result: one of its rows, and not what mysql2 makes of an OK packet. */
export function isRow({ _fieldCount }: SteppingCommand): boolean {
  return _fieldCount !== 0;
}

/** An OK packet may come here. COM_STMT_PREPARE is answered with another packet that begins with 0. */
function readsOk(command: SteppingCommand, next: unknown): boolean {
  return (
    next !== undefined &&
    (next === command.resultsetHeader ||
      next === command.infileOk ||
      next === command.pingResponse ||
      next === command.resetConnectionResponse ||
      next === command.handshakeResult)
  );
}

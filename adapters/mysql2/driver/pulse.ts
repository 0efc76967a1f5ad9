import type { DriverCommand } from './command.ts';
import type { ConnectionInternals } from './internals.ts';

/**
 * All that changes on a connection when anything happens on it, as one text: bytes in either direction, and rows that a slow reader takes out of what was read
 * long ago. Whoever keeps it can tell later whether anything did, and nobody has to count meanwhile.
 */
export function pulseOf({ stream, sequenceId, _paused_packets: waiting }: ConnectionInternals): string {
  return `${stream?.bytesRead} ${stream?.bytesWritten} ${sequenceId} ${waiting?.length}`;
}

/** The command that the server owes an answer to, while this side listens; undefined for none, also in the handshake, which has a limit of its own. */
export function awaitedOn(connection: ConnectionInternals): DriverCommand | undefined {
  const { _command: command, _handshakePacket: greeting, _paused: paused, stream } = connection;
  if (!greeting || paused === true || stream === undefined) return undefined;
  return stream.destroyed || stream.isPaused() ? undefined : (command ?? undefined);
}

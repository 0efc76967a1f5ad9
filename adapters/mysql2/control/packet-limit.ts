import { type ResendCheck, type ResendCheckLimits, timers } from '../../../src/internal.ts';
import { bounded } from '../wait/bounded.ts';
import type { ControlConnection } from './control-connection.ts';
import type { Session } from './session-identity.ts';

/** ER_NET_PACKET_TOO_LARGE */
const packetTooLarge = 1153;

/** A smaller statement fits into the buffers of the sockets, so that the server's own error is read, in bytes. */
const leastDoubtful = 65_536;

/**
 * What `max_allowed_packet` is, asked only before a large statement would be sent again whose connection was lost while it was being sent. The server refuses a
 * packet by its head, says so, and closes the connection on the rest of it: what it has said is lost then, and to send it again would only do the same.
 */
export class PacketLimit {
  readonly #controlOf: (session: Session) => ControlConnection;

  constructor(controlOf: (session: Session) => ControlConnection) {
    this.#controlOf = controlOf;
  }

  /** @param size of the statement as it was sent, in bytes; undefined where nobody has counted */
  checkFor(session: Session, size: number | undefined, cause: unknown): ResendCheck | undefined {
    if (size === undefined || size < leastDoubtful) return undefined;
    return async (limits) => {
      const limit = await this.#ask(session, limits);
      return limit !== undefined && size > limit ? tooLargeFor(limit, size, cause) : undefined;
    };
  }

  /** As long as somebody waits for the answer, the process lives. */
  async #ask(session: Session, { until, signal }: ResendCheckLimits): Promise<number | undefined> {
    try {
      return await bounded<number | undefined>({ until, signal, timedOut: () => undefined }, ({ resolve, reject }) => {
        this.#controlOf(session)
          .packetLimit(until - timers.now())
          .then(resolve, reject);
      });
    } catch {
      return undefined;
    }
  }
}

/** The error of the server that could not be read, with what it does not say. */
function tooLargeFor(limit: number, size: number, cause: unknown): Error {
  const message = `Got a packet bigger than 'max_allowed_packet' bytes: the statement has ${size}, and the server takes ${limit}`;
  return Object.assign(new Error(message, { cause }), {
    code: 'ER_NET_PACKET_TOO_LARGE',
    errno: packetTooLarge,
    sqlState: '08S01',
  });
}

/** Adds to the server's own error how large the statement was. */
export function nameSize(error: unknown, errno: number | undefined, size: number | undefined): void {
  if (errno !== packetTooLarge || size === undefined || !(error instanceof Error)) return;
  const suffix = `: the statement has ${size}`;
  if (!error.message.endsWith(suffix)) error.message += suffix;
}

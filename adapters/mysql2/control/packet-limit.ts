import { propertyOf, timers } from '../../../src/internal.ts';
import { bounded } from '../wait/bounded.ts';
import type { ControlConnection } from './control-connection.ts';
import type { Session } from './session-identity.ts';

/** ER_NET_PACKET_TOO_LARGE */
const packetTooLarge = 1153;

/** A smaller statement fits into the buffers of the sockets, so that the server's own error is read, in bytes. */
export const leastDoubtful = 65_536;

/** How long a statement that was lost waits for the answer, in milliseconds. */
const patience = 1_000;

/**
 * What `max_allowed_packet` is, asked only where a large statement was lost with its connection. The server refuses a packet by its head, says so, and closes the
 * connection on the rest of it: what it has said is lost then, and to send it again would only do the same.
 */
export class PacketLimit {
  readonly #controlOf: (session: Session) => ControlConnection;
  /** What each server has said last, in bytes. */
  readonly #known = new WeakMap<ControlConnection, number>();

  constructor(controlOf: (session: Session) => ControlConnection) {
    this.#controlOf = controlOf;
  }

  /**
   * Asks whether the server takes no statement of this size. Never rejects.
   *
   * @param size of the statement as it was sent, in bytes
   * @param lost what it was lost with
   * @returns the error of the server that could not be read; `lost`, where that is not it, or nobody knows
   */
  async explain(lost: unknown, size: number, session: Session, signal: AbortSignal | undefined): Promise<unknown> {
    const limit = await this.#ask(session, signal);
    return limit !== undefined && size > limit ? tooLarge(limit, size, lost) : lost;
  }

  /** Adds to the server's own error how large the statement was, and what the server takes, if it has been asked before. */
  describe(error: unknown, session: Session, errno: number | undefined, size: number | undefined): void {
    if (errno !== packetTooLarge || size === undefined || !(error instanceof Error)) return;
    if (described.has(error)) return;
    described.add(error);
    const known = this.#known.get(this.#controlOf(session));
    const suffix = `: ${sizes(size, known !== undefined && known < size ? known : undefined)}`;
    const sqlMessage = propertyOf(error, 'sqlMessage');
    error.message += suffix;
    if (typeof sqlMessage === 'string') Object.assign(error, { sqlMessage: sqlMessage + suffix });
  }

  /** As long as somebody waits for the answer, the process lives. */
  async #ask(session: Session, signal: AbortSignal | undefined): Promise<number | undefined> {
    const control = this.#controlOf(session);
    const until = timers.now() + patience;
    try {
      const limit = await bounded<number | undefined>(
        { until, signal, timedOut: () => undefined },
        ({ resolve, reject }) => {
          control.packetLimit(patience).then(resolve, reject);
        },
      );
      if (limit !== undefined) this.#known.set(control, limit);
      return limit;
    } catch {
      return undefined;
    }
  }
}

/** mysql2 hands one error to PREPARE and to what waits for it. */
const described = new WeakSet<Error>();

function sizes(size: number, limit: number | undefined): string {
  return `the statement has ${size}${limit === undefined ? '' : `, and the server takes ${limit}`}`;
}

/** The error of the server that could not be read, with what it does not say. */
function tooLarge(limit: number, size: number, cause: unknown): Error {
  const sqlMessage = `Got a packet bigger than 'max_allowed_packet' bytes: ${sizes(size, limit)}`;
  return Object.assign(new Error(sqlMessage, { cause }), {
    code: 'ER_NET_PACKET_TOO_LARGE',
    errno: packetTooLarge,
    sqlState: '08S01',
    sqlMessage,
  });
}

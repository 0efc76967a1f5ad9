import type { PoolConnection } from 'mysql2';
import { timers, type WatchOptions } from '../../../src/internal.ts';
import { type Session, sessionOf } from '../control/session-identity.ts';
import type { StatementWatch, Watched } from '../control/statement-watch.ts';
import type { DriverCommand } from '../driver/command.ts';
import { probePath } from '../driver/connection.ts';
import type { ConnectionInternals } from '../driver/internals.ts';
import { awaitedOn } from '../driver/pulse.ts';
import type { Unanswered } from '../driver/wire.ts';
import { Link } from '../wait/linked-list.ts';

/** Nobody waits behind it any more, where nobody has asked for so long, in milliseconds: who waits asks more often. */
const interest = 30_000;

/**
 * Statements of those who use the same pool past this package. Whoever waits for a connection waits for these as well, as long as the server is at work on them; and
 * that is asked of the server, for nobody else does. They are left alone, whatever it says.
 */
export class Neighbours {
  readonly #watch: Pick<StatementWatch, 'add' | 'delete'>;
  readonly #known = new WeakMap<ConnectionInternals, Neighbour>();

  constructor(watch: Pick<StatementWatch, 'add' | 'delete'>) {
    this.#watch = watch;
  }

  /**
   * Whether the server is at work on this connection, as far as is known.
   *
   * @param session of its connection, where that is known already
   */
  isAtWork(connection: ConnectionInternals, session: Session | undefined, watch: WatchOptions | false): boolean {
    const command = awaitedOn(connection);
    if (command === undefined) return false;
    if (watch === false) return true;
    let neighbour = this.#known.get(connection);
    if (neighbour?.command !== command) {
      if (neighbour !== undefined) this.#watch.delete(neighbour);
      neighbour = new Neighbour(connection, command, session, watch, (ended) => this.#forget(connection, ended));
      this.#known.set(connection, neighbour);
    }
    neighbour.wantedAt = timers.now();
    if (!neighbour.isDead) this.#watch.add(neighbour);
    return !neighbour.isDead;
  }

  /** It has the rows that it read. */
  #forget(connection: ConnectionInternals, neighbour: Neighbour): void {
    this.#watch.delete(neighbour);
    if (!neighbour.isDead) this.#known.delete(connection);
  }
}

class Neighbour extends Link implements Watched {
  readonly command: DriverCommand;
  readonly watch: WatchOptions;
  readonly session: Session;
  /** The server does not execute it any more, or is out of reach. */
  isDead = false;
  /** When somebody who waits has asked for it. */
  wantedAt = 0;
  readonly #connection: ConnectionInternals;
  readonly #onEnd: (ended: Neighbour) => void;
  readonly #askedAt = timers.now();
  readonly #readBefore: number;

  constructor(
    connection: ConnectionInternals,
    command: DriverCommand,
    session: Session | undefined,
    watch: WatchOptions,
    onEnd: (ended: Neighbour) => void,
  ) {
    super();
    this.#connection = connection;
    this.command = command;
    this.watch = watch;
    this.session = session ?? sessionOf(connection as unknown as PoolConnection);
    this.#onEnd = onEnd;
    this.#readBefore = connection.stream?.bytesRead ?? 0;
  }

  unanswered(): Unanswered | undefined {
    const { stream } = this.#connection;
    if (awaitedOn(this.#connection) !== this.command || timers.now() - this.wantedAt > interest) {
      this.#onEnd(this);
      return undefined;
    }
    return {
      command: this.command,
      // It was written at some time before that.
      askedAt: this.#askedAt,
      readBefore: this.#readBefore,
      read: stream?.bytesRead ?? 0,
      size: 0,
      sent: stream?.bytesWritten ?? 0,
      hasSent: true,
    };
  }

  probePath(idle: number): void {
    probePath(this.#connection as unknown as PoolConnection, idle);
  }

  /** Whoever has sent it goes on waiting, as on a bare pool: only nobody waits behind it any more. */
  cut(): void {
    this.isDead = true;
    this.#onEnd(this);
  }
}

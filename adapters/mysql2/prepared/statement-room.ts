import type { Connection } from 'mysql2';
import type { Environment } from '../../../src/internal.ts';
import { hasRunningCommand, isKnownDead } from '../driver/connection.ts';
import { KeptStatements, type StatementOptions } from './kept-statements.ts';

/** In milliseconds: for so long nothing is prepared where giving up our own statements has not helped. */
const fullFor = 10_000;

interface Clock {
  readonly environment: Pick<Environment, 'now'>;
}

const rooms = new WeakMap<Clock, StatementRoom>();

/** The prepared statements of one pool. */
export function statementRoomOf(core: Clock): StatementRoom {
  let room = rooms.get(core);
  if (room === undefined) {
    room = new StatementRoom(core.environment.now);
    rooms.set(core, room);
  }
  return room;
}

/** The prepared statements that one pool keeps on the server, and whether the server has room for more (`max_prepared_stmt_count`). */
export class StatementRoom {
  readonly #now: () => number;
  readonly #kept = new Map<Connection, KeptStatements>();
  /** Had commands under way when all others gave up their statements; does the same when it sends the next. */
  readonly #late = new WeakSet<Connection>();
  #givenUp = 0;
  #fullUntil = Number.NEGATIVE_INFINITY;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The server has refused PREPARE a short while ago, and would again. */
  get isFull(): boolean {
    return this.#now() < this.#fullUntil;
  }

  /** How often all statements were given up. */
  get timesGivenUp(): number {
    return this.#givenUp;
  }

  /** Notes that a statement is about to be sent here, and closes those that no longer stay. */
  use(connection: Connection, options: StatementOptions): void {
    let kept = this.#kept.get(connection);
    if (kept === undefined) {
      for (const other of this.#kept.keys()) if (isKnownDead(other)) this.#kept.delete(other);
      kept = new KeptStatements();
      this.#kept.set(connection, kept);
    }
    if (this.#late.delete(connection)) close(connection, kept.clear());
    close(connection, kept.use(options));
  }

  /**
   * The server has no room. Closes all statements of this pool: the server does not answer that, and nobody waits for it.
   *
   * @param seen {@link timesGivenUp} before the statement was sent
   * @returns whether there may be room now
   */
  makeRoom(seen: number): boolean {
    if (seen !== this.#givenUp) return true;
    let closed = 0;
    for (const [connection, kept] of this.#kept) {
      if (hasRunningCommand(connection)) this.#late.add(connection);
      else if (!isKnownDead(connection)) closed += close(connection, kept.clear());
    }
    if (closed > 0) this.#givenUp += 1;
    return closed > 0;
  }

  /** There was no room after all. */
  noteFull(): void {
    this.#fullUntil = this.#now() + fullFor;
  }
}

/** @returns how many were prepared still */
function close(connection: Connection, statements: readonly StatementOptions[]): number {
  let closed = 0;
  for (const options of statements) {
    // mysql2 returns what it closed, and declares that it returns nothing.
    const known: unknown = connection.unprepare(options as unknown as string);
    if (known !== undefined) closed += 1;
  }
  return closed;
}

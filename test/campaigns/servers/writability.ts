import { setTimeout as delay } from 'node:timers/promises';
import { type Connection, createConnection } from 'mysql2/promise';
import type { Server } from '../../support/server/server.ts';

/** Milliseconds between two attempts on one server. */
const pause = 20;
/** After so many milliseconds without an answer an attempt is over. */
const patience = 1_000;
/** A shorter time without a success is a busy machine. */
const shortestOutage = 100;

/** A time in which none of the servers took a write, in milliseconds on the clock of the probe. */
export interface Outage {
  readonly from: number;
  readonly to: number;
}

/**
 * Finds out when a cluster can be written to: writes all the time, to each server by a way of its own, as a user that is bound by
 * `read_only`, into a table of its own.
 */
export class WritabilityProbe {
  readonly #servers: readonly Server[];
  readonly #clock: () => number;
  readonly #successes: number[] = [];
  readonly #loops: Promise<void>[] = [];
  #over = false;

  /** @param servers on one of which there is a table `app.probe` with an `id` that counts up by itself */
  constructor(servers: readonly Server[], clock: () => number) {
    this.#servers = servers;
    this.#clock = clock;
  }

  start(): void {
    this.#loops.push(...this.#servers.map((server) => this.#probe(server)));
  }

  async stop(): Promise<void> {
    this.#over = true;
    await Promise.all(this.#loops);
  }

  /** The longest one in this time; undefined if the servers could be written to all along. */
  longestOutage(from: number, to: number): Outage | undefined {
    return longestGap(this.#successes, from, to, shortestOutage);
  }

  async #probe(server: Server): Promise<void> {
    let connection: Connection | undefined;
    while (!this.#over) {
      try {
        connection ??= await connect(server);
        await connection.query({ sql: 'INSERT INTO probe () VALUES ()', timeout: patience });
        this.#successes.push(this.#clock());
      } catch {
        connection?.destroy();
        connection = undefined;
      }
      await delay(pause);
    }
    connection?.destroy();
  }
}

async function connect(server: Server): Promise<Connection> {
  const connection = await createConnection({ ...server.connectionOptions(), connectTimeout: patience });
  // An error between two statements has nobody to go to, and would end the process.
  connection.on('error', () => {});
  return connection;
}

/**
 * The longest time without one of these moments that is longer than `least`. Pure.
 *
 * @param moments in any order
 */
export function longestGap(moments: readonly number[], from: number, to: number, least: number): Outage | undefined {
  const inside = moments.filter((moment) => moment > from && moment < to).sort((a, b) => a - b);
  const ends = [...inside, to];
  const gaps = ends.map((end, index) => ({ from: index === 0 ? from : (ends[index - 1] ?? from), to: end }));
  const lengths = gaps.map((gap) => gap.to - gap.from);
  const longest = Math.max(...lengths);
  return longest > least ? gaps[lengths.indexOf(longest)] : undefined;
}

import type { Connection, Pool } from 'mysql2';
import { destroyConnection } from '../driver/connection.ts';
import { openControlConnection } from '../driver/pool.ts';
import { bounded } from '../wait/bounded.ts';
import { querySimply } from './process-list.ts';

/** How old a connection for this may be, in milliseconds: the next one may come to another server, which has taken over. */
const freshFor = 1_000;

/**
 * Asks a server that has refused statements whether it still does, on a connection beside the pool: one that is made anew each second, as a
 * connection of the pool would be, while the pool's own go on with what the server takes.
 */
export class RefusalProbe {
  readonly #pool: Pool;
  readonly #now: () => number;
  #open: { readonly connection: Connection; readonly madeAt: number } | undefined;

  /** @param now monotonic, in milliseconds */
  constructor(pool: Pool, now: () => number) {
    this.#pool = pool;
    this.#now = now;
  }

  /**
   * @param until when to give up, on the clock of `now`
   * @returns whether the server takes what it has refused; false also where it did not answer
   */
  async ask(refused: 'writes' | 'everything', until: number): Promise<boolean> {
    if (this.#open !== undefined && this.#now() - this.#open.madeAt >= freshFor) this.close();
    this.#open ??= { connection: openControlConnection(this.#pool, undefined), madeAt: this.#now() };
    const { connection } = this.#open;
    const sql =
      refused === 'writes' ? 'SELECT @@global.read_only AS a, @@global.innodb_read_only AS b' : 'SELECT 0 AS a';
    try {
      const [row] = await bounded<readonly object[]>(
        { until, now: this.#now, signal: undefined, timedOut: () => new Error('No answer'), keepsAlive: false },
        ({ resolve, reject }) => {
          querySimply(connection, sql).then((rows) => resolve(rows as readonly object[]), reject);
        },
      );
      return row !== undefined && Object.values(row).every(isOff);
    } catch {
      this.close();
      return false;
    }
  }

  close(): void {
    if (this.#open !== undefined) destroyConnection(this.#open.connection);
    this.#open = undefined;
  }
}

/** MySQL has numbers for it; newer versions of MariaDB have words. */
function isOff(value: unknown): boolean {
  return value === 0 || value === '0' || value === null || String(value).toUpperCase() === 'OFF';
}

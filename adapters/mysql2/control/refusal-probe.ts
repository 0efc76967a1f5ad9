import type { Connection, Pool } from 'mysql2';
import { timers } from '../../../src/internal.ts';
import { destroyConnection } from '../driver/connection.ts';
import { openControlConnection } from '../driver/pool.ts';
import { connectWith } from '../source/credential-source.ts';
import { credentialsOf } from '../source/pool-credentials.ts';
import { bounded } from '../wait/bounded.ts';
import { errnoOf, querySimply } from './process-list.ts';

/** How old a connection for this may be, in milliseconds: the next one may come to another server, which has taken over. */
const freshFor = 1_000;

/** ER_UNKNOWN_SYSTEM_VARIABLE */
const unknownVariable = 1193;

/** ER_UNKNOWN_COM_ERROR, of a Galera node outside the primary component. */
const notReady = 1047;

/** What the server does with what it had refused; `unknown` where it cannot be asked beside the pool: it is full, say, or a password has changed. */
export type ProbeAnswer = 'takes' | 'refuses' | 'unknown';

/**
 * Asks a server that has refused statements whether it still does, on a connection beside the pool: one that is made anew each second, as a
 * connection of the pool would be, while the pool's own go on with what the server takes.
 */
export class RefusalProbe {
  readonly #pool: Pool;
  #open: Connection | undefined;
  #isAsking = false;
  #isStale = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /**
   * @param until when to give up, on the clock of `now`
   * @param now monotonic, in milliseconds
   */
  async ask(refused: 'writes' | 'everything', until: number, now: () => number): Promise<ProbeAnswer> {
    const sql =
      refused === 'writes' ? 'SELECT @@global.read_only AS a, @@global.innodb_read_only AS b' : 'SELECT 0 AS a';
    this.#isAsking = true;
    try {
      const [row] = await bounded<readonly object[]>(
        { until, now, signal: undefined, timedOut: () => new Error('No answer'), keepsAlive: false },
        ({ resolve, reject }) => {
          this.#query(sql).then((rows) => resolve(rows as readonly object[]), reject);
        },
      );
      return row !== undefined && Object.values(row).every(isOff) ? 'takes' : 'refuses';
    } catch (error) {
      this.close();
      const errno = errnoOf(error);
      // A server that knows no such variable has taken a question at least: the next write will tell.
      if (errno === unknownVariable) return 'takes';
      return errno === notReady ? 'refuses' : 'unknown';
    } finally {
      this.#isAsking = false;
      if (this.#isStale) this.close();
    }
  }

  close(): void {
    timers.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isStale = false;
    if (this.#open !== undefined) destroyConnection(this.#open);
    this.#open = undefined;
  }

  #query(sql: string): Promise<unknown> {
    if (this.#open !== undefined) return querySimply(this.#open, sql);
    this.#timer = timers
      .setTimeout(() => {
        this.#isStale = true;
        if (!this.#isAsking) this.close();
      }, freshFor)
      .unref();
    const timer = this.#timer;
    return connectWith(credentialsOf(this.#pool), async (credentials) => {
      // Nobody waits for it any more.
      if (this.#timer !== timer) throw new Error('No answer');
      if (this.#open !== undefined) destroyConnection(this.#open);
      this.#open = openControlConnection(this.#pool, undefined, credentials);
      return querySimply(this.#open, sql);
    });
  }
}

/** MySQL has numbers for it; newer versions of MariaDB have words. */
function isOff(value: unknown): boolean {
  return value === 0 || value === '0' || value === null || String(value).toUpperCase() === 'OFF';
}

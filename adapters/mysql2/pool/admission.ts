import type { WaitLimits } from '../wait/bounded.ts';
import { WaitingLine } from '../wait/waiting-line.ts';

/**
 * A counting semaphore in front of the pool, first come, first served.
 *
 * mysql2's own queue would make one attempt to connect for each waiting call when a server dies, and cannot forget a call that
 * stopped waiting. In front of it, only as many calls go on to mysql2 as it has connections.
 */
export class Admission {
  readonly #line = new WaitingLine();
  readonly #now: () => number;
  #free: number;
  /** When a permit was last given back, on the clock of `now`. Only kept while somebody waits. */
  lastLeftAt = 0;

  /** @param now monotonic, in milliseconds */
  constructor(permits: number, now: () => number) {
    this.#free = permits;
    this.#now = now;
  }

  get waiting(): number {
    return this.#line.size;
  }

  /** Takes a permit if one is free. */
  tryEnter(): boolean {
    if (this.#free < 1) return false;
    this.#free -= 1;
    return true;
  }

  /** Waits for a permit. */
  enter(limits: WaitLimits): Promise<void> {
    return this.#line.wait(limits);
  }

  /** Sends everybody home who waits. */
  rejectWaiting(error: unknown): void {
    this.#line.rejectAll(error);
  }

  /** Gives a permit back, to the call that has waited longest if there is one. */
  leave(): void {
    if (this.#line.size > 0) this.lastLeftAt = this.#now();
    if (!this.#line.wakeFirst()) this.#free += 1;
  }
}

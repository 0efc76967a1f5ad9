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
  #free: number;

  constructor(permits: number) {
    this.#free = permits;
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
    if (!this.#line.wakeFirst()) this.#free += 1;
  }
}

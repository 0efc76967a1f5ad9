import type { WaitLimits } from '../wait/bounded.ts';
import { TurnLine, Waiter } from '../wait/turn-line.ts';

/**
 * A counting semaphore in front of the pool, first come, first served.
 *
 * mysql2's own queue would make one attempt to connect for each waiting call when a server dies, and cannot forget a call that
 * stopped waiting. In front of it, only as many calls go on to mysql2 as it has connections.
 */
export class Admission {
  readonly #line: TurnLine;
  readonly #now: () => number;
  readonly #most: () => number;
  #taken = 0;
  /** When a permit was last given back, on the clock of `now`. Only kept while somebody waits. */
  lastLeftAt = 0;

  /**
   * @param most how many permits there are: mysql2 looks at its limit for each call, and so does this
   * @param now monotonic, in milliseconds
   */
  constructor(most: () => number, now: () => number) {
    this.#most = most;
    this.#now = now;
    this.#line = new TurnLine(now);
  }

  get waiting(): number {
    return this.#line.size;
  }

  /** Takes a permit if one is free. */
  tryEnter(): boolean {
    if (this.#taken >= this.#most()) return false;
    this.#taken += 1;
    return true;
  }

  /** Waits for a permit: `waiter` has one when its turn comes. */
  queue(waiter: Waiter): void {
    this.#line.push(waiter);
  }

  /**
   * Waits for a permit.
   *
   * @throws what {@link rejectWaiting} was called with, what the limits' `timedOut` makes, or the signal's reason
   */
  enter(limits: WaitLimits): Promise<void> {
    return new Promise((resolve, reject) => this.queue(new Promised(limits, resolve, reject)));
  }

  /** Sends everybody home who waits. */
  rejectWaiting(error: unknown): void {
    this.#line.giveUpAll(error);
  }

  /** Gives a permit back, to the call that has waited longest if there is one. */
  leave(): void {
    if (this.#line.size > 0) this.lastLeftAt = this.#now();
    this.#taken -= 1;
    // More than one where the limit was raised meanwhile, none where it was lowered.
    while (this.#line.size > 0 && this.tryEnter()) this.#line.shift()?.enter();
  }
}

class Promised extends Waiter {
  readonly limits: WaitLimits;
  readonly enter: () => void;
  readonly giveUp: (error: unknown) => void;

  constructor(limits: WaitLimits, enter: () => void, giveUp: (error: unknown) => void) {
    super();
    this.limits = limits;
    this.enter = enter;
    this.giveUp = giveUp;
  }
}

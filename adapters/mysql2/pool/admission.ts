import { bounded, type Settle, type WaitLimits } from '../wait/bounded.ts';

/**
 * A counting semaphore in front of the pool, first come, first served.
 *
 * mysql2's own queue would make one attempt to connect for each waiting call when a server dies, and cannot forget a call that
 * stopped waiting. In front of it, only as many calls go on to mysql2 as it has connections.
 */
export class Admission {
  readonly #waiting = new Set<Settle<void>>();
  #free: number;

  constructor(permits: number) {
    this.#free = permits;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Takes a permit if one is free. */
  tryEnter(): boolean {
    if (this.#free < 1) return false;
    this.#free -= 1;
    return true;
  }

  /** Waits for a permit. */
  async enter(limits: WaitLimits): Promise<void> {
    let place: Settle<void> | undefined;
    try {
      await bounded<void>(limits, (settle) => {
        place = settle;
        this.#waiting.add(settle);
      });
    } finally {
      if (place !== undefined) this.#waiting.delete(place);
    }
  }

  /** Sends everybody home who waits. */
  rejectWaiting(error: unknown): void {
    for (const settle of this.#waiting) settle.reject(error);
    this.#waiting.clear();
  }

  /** Gives a permit back, to the call that has waited longest if there is one. */
  leave(): void {
    for (const settle of this.#waiting) {
      this.#waiting.delete(settle);
      if (settle.resolve()) return;
    }
    this.#free += 1;
  }
}

import { bounded, type Settle, type WaitLimits } from './bounded.ts';

/** Callers that wait for the same thing, each within limits of its own: first come, first served. Who gave up is passed over. */
export class WaitingLine {
  readonly #waiting = new Set<Settle<void>>();

  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Waits until woken.
   *
   * @throws what {@link rejectAll} was called with, what the limits' `timedOut` makes, or the signal's reason
   */
  async wait(limits: WaitLimits): Promise<void> {
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

  /** Wakes the caller that has waited longest; false if there is none. */
  wakeFirst(): boolean {
    for (const settle of this.#waiting) {
      this.#waiting.delete(settle);
      // A caller that gave up just now has no use for it: the next one has.
      if (settle.resolve()) return true;
    }
    return false;
  }

  wakeAll(): void {
    for (const settle of this.#waiting) settle.resolve();
    this.#waiting.clear();
  }

  rejectAll(error: unknown): void {
    for (const settle of this.#waiting) settle.reject(error);
    this.#waiting.clear();
  }
}

import { onAbort } from '../../../src/internal.ts';
import type { WaitLimits } from './bounded.ts';
import { startFairTimer } from './fair-timer.ts';
import { Link, LinkedList } from './linked-list.ts';

/** Somebody who waits for a turn. */
export abstract class Waiter extends Link {
  /** How long it waits, and for whom. */
  abstract readonly limits: WaitLimits;
  /** Its turn has come. */
  abstract enter(): void;
  /** It does not come any more, because of this. */
  abstract giveUp(error: unknown): void;

  /** Only for the line. */
  stopListening: (() => void) | undefined = undefined;
}

/** Callers that wait for a turn, each within limits of its own: first come, first served. One timer serves all of them. */
export class TurnLine {
  readonly #now: () => number;
  readonly #waiting = new LinkedList<Waiter>();
  #stopTimer: (() => void) | undefined;
  #timerDue = Number.POSITIVE_INFINITY;

  /** @param now monotonic, in milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Gives up at once where the signal of the waiter has aborted. */
  push(waiter: Waiter): void {
    const { signal } = waiter.limits;
    if (signal?.aborted === true) {
      waiter.giveUp(signal.reason);
      return;
    }
    this.#waiting.push(waiter);
    if (signal !== undefined) waiter.stopListening = onAbort(signal, () => this.#giveUp(waiter, signal.reason));
    this.#lookBy(dueOf(waiter, this.#now()));
  }

  /** Takes the one that has waited longest out of the line; undefined if there is none. */
  shift(): Waiter | undefined {
    const { first } = this.#waiting;
    if (first !== undefined) this.#remove(first);
    return first;
  }

  giveUpAll(error: unknown): void {
    for (let waiter = this.shift(); waiter !== undefined; waiter = this.shift()) waiter.giveUp(error);
  }

  #giveUp(waiter: Waiter, error: unknown): void {
    if (!waiter.isLinked) return;
    this.#remove(waiter);
    waiter.giveUp(error);
  }

  #remove(waiter: Waiter): void {
    this.#waiting.remove(waiter);
    waiter.stopListening?.();
    waiter.stopListening = undefined;
    // It keeps the process alive, which is for those who wait.
    if (this.#waiting.size === 0) this.#endTimer();
  }

  #endTimer(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    this.#timerDue = Number.POSITIVE_INFINITY;
  }

  /** A timer that fires before that will find out when to fire next. */
  #lookBy(due: number): void {
    if (due >= this.#timerDue || due === Number.POSITIVE_INFINITY) return;
    this.#stopTimer?.();
    this.#timerDue = due;
    const left = Math.max(0, due - this.#now());
    this.#stopTimer = startFairTimer(left, () => this.#look(), true, this.#now, this.#waiting.first?.limits.loop);
  }

  #look(): void {
    this.#stopTimer = undefined;
    this.#timerDue = Number.POSITIVE_INFINITY;
    const now = this.#now();
    let next = Number.POSITIVE_INFINITY;
    for (const waiter of this.#waiting) {
      if (waiter.limits.until <= now) this.#giveUp(waiter, waiter.limits.timedOut());
      else next = Math.min(next, dueOf(waiter, now));
    }
    if (this.#waiting.size > 0) this.#lookBy(next);
  }
}

/** When its limits are to be asked again. */
function dueOf({ limits: { until, recheck = Number.POSITIVE_INFINITY } }: Waiter, now: number): number {
  return Math.min(until, now + recheck);
}

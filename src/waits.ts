import { type BackoffOptions, fullJitterDelay } from './backoff.ts';

/** The longest of the shortest pauses, in milliseconds. */
const steady = 1_000;

/** The attempts of one piece of work that met the server away, or refusing. They are not counted as retries: only their pauses bound their number. */
export class Waits {
  #count = 0;
  #since = 0;

  /** @param now when such an attempt has failed, in milliseconds */
  note(now: number): void {
    if (this.#count === 0) this.#since = now;
    this.#count += 1;
  }

  /** As of a retry; and at least a quarter of the time that this has lasted, up to a second, whatever the options say. In milliseconds. */
  delay(now: number, options: BackoffOptions, random: () => number): number {
    const lasted = now - this.#since;
    return Math.max(Math.min(Math.ceil(lasted / 4), steady), fullJitterDelay(this.#count, options, random));
  }
}

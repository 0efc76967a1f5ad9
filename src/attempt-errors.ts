/** What the attempts of one piece of work failed with. */
export class AttemptErrors {
  readonly #errors: unknown[] = [];
  /** How many of the last ones came of waiting for the server. */
  #waits = 0;

  /**
   * @param waits the attempt met the server away, or refusing. Of many of those in a row the first and the last are kept: their number is bounded by the time
   *   only.
   */
  note(error: unknown, waits: boolean): void {
    this.#waits = waits ? this.#waits + 1 : 0;
    if (this.#waits > 2) this.#errors.pop();
    this.#errors.push(error);
  }

  /** In the order of the attempts. */
  all(): readonly unknown[] {
    return Object.freeze([...this.#errors]);
  }
}

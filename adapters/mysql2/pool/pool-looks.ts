/** What one look sees of a connection of the pool. */
export interface Glimpse {
  /** Known again by its identity. */
  readonly connection: object;
  /** Another one whenever something has happened on it. */
  readonly pulse: string;
  /** Another one whenever it was given back. */
  readonly givenBack: unknown;
}

/**
 * What moves in a pool, also on connections that somebody has taken past this package, or is still reading from. Nothing is noted when it happens: while calls wait,
 * each look is held against the one before it. So a time here is that of the first look that saw a change.
 */
export class PoolLooks {
  /** When something was seen to have happened on a connection; 0 before that. */
  lastMoveAt = 0;
  /** When one was seen to have been given back; 0 before that. */
  lastReturnAt = 0;
  readonly #glimpses: () => readonly Glimpse[];
  readonly #seen = new WeakMap<object, Glimpse>();
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(glimpses: () => readonly Glimpse[]) {
    this.#glimpses = glimpses;
  }

  /**
   * Looks, if the last look is older than that.
   *
   * @param now monotonic, in milliseconds
   * @param age in milliseconds
   */
  look(now: number, age: number): void {
    if (now - this.#lookedAt < age) return;
    const isFirst = this.#lookedAt === Number.NEGATIVE_INFINITY;
    this.#lookedAt = now;
    for (const glimpse of this.#glimpses()) {
      const before = this.#seen.get(glimpse.connection);
      this.#seen.set(glimpse.connection, glimpse);
      // A new one has come in the place of another.
      if (before === undefined && isFirst) continue;
      if (before?.pulse !== glimpse.pulse) this.lastMoveAt = now;
      if (before?.givenBack !== glimpse.givenBack) this.lastReturnAt = now;
    }
  }
}

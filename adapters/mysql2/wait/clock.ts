/** What tells the time; injected so that tests decide it. */
export interface Clock {
  /** Milliseconds, monotonic: for how long something takes, and for deadlines. */
  readonly now: () => number;
  /** Milliseconds since 1970. Also counts the time in which a laptop or a function was frozen, which a monotonic clock may not. */
  readonly wallClock: () => number;
}

export const realClock: Clock = { now: () => performance.now(), wallClock: () => Date.now() };

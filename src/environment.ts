import * as timers from './timers.ts';

/** What gone-away needs to know of the world besides the server; injected so that tests decide it. */
export interface Environment {
  /** Milliseconds, monotonic: for durations and deadlines. */
  readonly now: () => number;
  /** Milliseconds since 1970. Unlike a monotonic clock it goes on while a laptop or a function is frozen. */
  readonly wallClock: () => number;
  /** In [0, 1). */
  readonly random: () => number;
}

export const realEnvironment: Environment = {
  now: timers.now,
  wallClock: timers.wallClock,
  random: Math.random,
};

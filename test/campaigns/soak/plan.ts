/** A run is a number of rounds: load with faults, load without, then a look at what the process holds. */
export interface Plan {
  /** Milliseconds of load with faults in each round. */
  readonly faultsMs: number;
  /** Milliseconds of each of the four phases without faults in a round. */
  readonly quietMs: number;
}

/** Short rounds make many readings, and leave little time for faults. */
const usualRoundMs = 10_000;
/** Of a trend of fewer readings, without those of the warm-up, nothing could ever be said with confidence. */
const fewestRounds = 8;
const fewestOfWarmUp = 2;
/** A trend compares each reading with each other one. */
const mostRounds = 500;
const longestQuietMs = 750;
/** For what is neither: connections that are made anew, and the look itself. */
const betweenMs = 1_500;
/** A round that is too short for this becomes longer. */
const leastFaultsMs = 1_500;
/** Compiled code and the shapes of objects still grow in the first of them; more is not needed, however long the run. */
const longestWarmUpMs = 180_000;

export function planOf(minutes: number): Plan {
  const ms = minutes * 60_000;
  const roundMs = Math.max(ms / mostRounds, Math.min(usualRoundMs, ms / fewestRounds));
  const quietMs = Math.min(longestQuietMs, roundMs * 0.07);
  return { faultsMs: Math.max(leastFaultsMs, roundMs - 4 * quietMs - betweenMs), quietMs };
}

/** Whether readings count from now on. @param rounds how many there have been */
export function isWarm(minutes: number, elapsedMs: number, rounds: number): boolean {
  return rounds >= fewestOfWarmUp && elapsedMs >= Math.min(longestWarmUpMs, (minutes * 60_000) / 4);
}

/** Whether it has lasted as long as it was to. @param counted how many readings there have been since the warm-up */
export function isOver(minutes: number, elapsedMs: number, counted: number): boolean {
  return elapsedMs >= minutes * 60_000 && counted >= fewestRounds - fewestOfWarmUp;
}

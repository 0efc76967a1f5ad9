import { type Comparison, compare, type Measurement } from './compare.ts';

/** One thing to measure: does the work `calls` times. */
export interface Runner {
  readonly name: string;
  run(calls: number): Promise<void>;
}

export interface AlternateOptions {
  readonly rounds: number;
  readonly callsPerRound: number;
  /**
   * Calls before each round that are not counted: the connections of a contender lay idle while the others had their turns, which an
   * application that is busy knows nothing of.
   */
  readonly leadIn: number;
}

/**
 * Measures runners against the first of them. They take turns in short rounds of one run, each round in another order, and only
 * ratios within a round are compared: what else the machine does then hits all of them alike.
 */
export async function alternate(
  runners: readonly [Runner, ...Runner[]],
  { rounds, callsPerRound, leadIn }: AlternateOptions,
): Promise<readonly Comparison[]> {
  const measurements = new Map(runners.map(({ name }) => [name, [] as Measurement[]]));
  for (const { name, run } of runners) await orSay(name, run(callsPerRound * 5));
  for (let round = 0; round < rounds; round += 1) {
    for (let place = 0; place < runners.length; place += 1) {
      const { name, run } = runners[(place + round) % runners.length] ?? runners[0];
      await orSay(name, run(leadIn));
      const startedAt = performance.now();
      const cpuBefore = process.cpuUsage();
      await orSay(name, run(callsPerRound));
      const { user, system } = process.cpuUsage(cpuBefore);
      measurements.get(name)?.push({ ms: performance.now() - startedAt, cpu: user + system });
    }
  }
  return compare(measurements, callsPerRound);
}

/** An error tells whose it is. */
async function orSay(name: string, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (cause) {
    throw new Error(`${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** Makes calls, so many of them under way at a time. Each has a number, from 1. */
export async function concurrently(
  concurrency: number,
  calls: number,
  call: (index: number) => PromiseLike<unknown>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < calls) {
      next += 1;
      await call(next);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, calls) }, worker));
}

import { alternate, concurrently, type Runner } from './alternate.ts';
import { type OpenContender, poolSize } from './contenders/contender.ts';
import { type BenchOptions, roundMs } from './options.ts';
import type { Cell } from './report.ts';

/** Measures contenders in one statement, so many calls at a time; the first of them is what the others are compared with. */
export async function measure(
  contenders: ReadonlyMap<string, OpenContender>,
  cell: Pick<Cell, 'group' | 'path' | 'statement' | 'concurrency'>,
  { rounds, calls }: Pick<BenchOptions, 'rounds' | 'calls'>,
): Promise<Cell> {
  const { statement, concurrency } = cell;
  const [baseline, ...others] = [...contenders].flatMap(([name, contender]): Runner[] => {
    const call = contender.calls[statement];
    return call === undefined ? [] : [{ name, run: (count) => concurrently(concurrency, count, call) }];
  });
  if (baseline === undefined) throw new Error(`nobody can do what ${statement} asks for`);
  const callsPerRound = calls === undefined ? await callsFor(baseline, concurrency) : Math.max(calls, concurrency);
  // One after the other too: pools hand out the connection that has rested longest, so that each of them has its turn.
  const leadIn = 2 * poolSize;
  const comparisons = await alternate([baseline, ...others], { rounds, callsPerRound, leadIn });
  return { ...cell, callsPerRound, contenders: comparisons };
}

/** So many that a round is long beside the clock's grain, and short beside what else the machine does. */
async function callsFor({ run }: Runner, concurrency: number): Promise<number> {
  const probe = Math.max(50, 2 * concurrency);
  // The first calls open connections, and are compiled only after a while.
  await run(probe);
  const startedAt = performance.now();
  await run(probe);
  return callsInRound(probe, performance.now() - startedAt, concurrency);
}

/** @param ms how long so many calls took */
export function callsInRound(calls: number, ms: number, concurrency: number): number {
  return Math.max(2 * concurrency, 10, Math.round((calls / Math.max(ms, 0.001)) * roundMs));
}

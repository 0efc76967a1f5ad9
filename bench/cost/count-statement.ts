import type { Target } from '../contenders/contender.ts';
import { emptyOperations } from '../data.ts';
import type { Group, Statement } from '../plan.ts';
import type { LeftOut } from '../report.ts';
import { TookTooLong } from './child.ts';
import { callsAt, count } from './count.ts';
import type { Counter } from './counter.ts';
import type { CostOptions } from './options.ts';
import { callsOf, chosenOf } from './plan.ts';
import type { CostCell } from './report.ts';
import { type Counted, costsOf } from './summary.ts';

export interface Means {
  readonly counter: Counter;
  /** What a contender's process runs. */
  readonly program: string;
  /** A server that nobody else uses meanwhile. */
  readonly target: Target;
}

export interface Found {
  /** One for each number of calls at a time. */
  readonly cells: readonly CostCell[];
  readonly leftOut: readonly LeftOut[];
}

/** Counts what the contenders of a group do in one statement, one after the other. */
export async function countStatement(
  { counter, program, target }: Means,
  group: Group,
  statement: Statement,
  { contenders, concurrencies, calls = callsOf(group, statement) }: CostOptions,
): Promise<Found> {
  const names = chosenOf(group, contenders);
  const counted = new Map<string, readonly Counted[]>();
  const leftOut: LeftOut[] = [];
  for (const name of names) {
    await emptyOperations(target);
    try {
      const subject = { group, name, statement, target };
      counted.set(name, await count(program, counter, subject, { concurrencies, calls }));
    } catch (error) {
      const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
      if (!(error instanceof TookTooLong))
        throw new Error(`${group}, ${name}, ${statement}: ${reason}`, { cause: error });
      leftOut.push({ group, contender: name, reason: `${statement}: ${reason}` });
    }
  }
  // Without what they are measured against, the others say nothing.
  if (!counted.has(names[0] ?? '')) return { cells: [], leftOut };
  const cells = concurrencies.map((concurrency, index) => ({
    ...{ group, statement, concurrency, unit: counter.unit },
    calls: callsAt(calls * counter.factor, concurrency),
    contenders: costsOf([...counted.values()].flatMap((one) => one[index] ?? [])),
  }));
  return { cells, leftOut };
}

import { Child } from './child.ts';
import type { CountedChild, Counter } from './counter.ts';
import { builtFolder, largestPlaces, originsOnDisk } from './places.ts';
import { agreement, mostTries, nodeFlags, rehearsalFactor, rehearsals, sampledFactor, windows } from './plan.ts';
import type { Subject, Windows } from './requests.ts';
import { agree, type Counted } from './summary.ts';

export interface Sizes {
  readonly concurrencies: readonly number[];
  /** Of each window. */
  readonly calls: number;
}

type Allocations = Pick<Counted, 'allocated' | 'places'>;

/** Calls of each window, where there are to be `calls` of them. */
export const callsAt = (calls: number, concurrency: number): number => Math.max(calls, concurrency);

/** What one contender does and allocates in one statement, for each number of calls at a time. The first process looks at its answers. */
export async function count(
  program: string,
  counter: Counter,
  subject: Subject,
  { concurrencies, calls }: Sizes,
): Promise<readonly Counted[]> {
  const allocations = await countAllocations(program, subject, { concurrencies, calls: calls * sampledFactor });
  const work = await countWork(program, counter, subject, { concurrencies, calls: calls * counter.factor });
  return concurrencies.map((_, index) => ({
    ...{ name: subject.name, work: work[index] ?? [] },
    ...(allocations[index] ?? { allocated: [], places: [] }),
  }));
}

async function countWork(
  program: string,
  counter: Counter,
  subject: Subject,
  { concurrencies, calls }: Sizes,
): Promise<readonly (readonly number[])[]> {
  const child = await counter.begin(program);
  try {
    await child.open(subject);
    const counted: (readonly number[])[] = [];
    for (const [index, concurrency] of concurrencies.entries()) {
      const size = { windows, calls: callsAt(calls, concurrency), concurrency };
      const long = { windows: 1, calls: callsAt(calls * rehearsalFactor, concurrency), concurrency };
      const times = index === 0 ? rehearsals.first : rehearsals.next;
      for (let rehearsal = 0; rehearsal < times; rehearsal += 1) await child.rehearse(long);
      const work = await countUntilTheyAgree(child, size);
      counted.push(work.map((work) => work / size.calls));
    }
    return counted;
  } finally {
    await child.close();
  }
}

/** What is still compiled in the first windows is not what a call costs. */
async function countUntilTheyAgree(child: CountedChild, size: Windows): Promise<readonly number[]> {
  for (let tries = 1; ; tries += 1) {
    const work = await child.work(size);
    if (tries === mostTries || agree(work, agreement)) return work;
  }
}

async function countAllocations(
  program: string,
  subject: Subject,
  { concurrencies, calls }: Sizes,
): Promise<readonly Allocations[]> {
  const child = new Child([process.execPath, ...nodeFlags, program]);
  const originOf = originsOnDisk();
  try {
    await child.open(subject);
    await child.verify();
    const counted: Allocations[] = [];
    for (const concurrency of concurrencies) {
      const size = { windows, calls: callsAt(calls, concurrency), concurrency };
      await child.rehearse(size);
      const { bytes, sites } = await child.allocate(size, builtFolder);
      counted.push({
        allocated: bytes.map((sum) => sum / size.calls),
        places: largestPlaces(sites, size.calls * windows, originOf),
      });
    }
    return counted;
  } finally {
    await child.close();
  }
}

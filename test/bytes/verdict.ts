import { classify, type Outcome } from '../../src/index.ts';
import { WrongAnswer } from './client.ts';
import type { Effect, Workload } from './workloads.ts';

/** What a caller was told. */
export type Told = 'applied' | Outcome;

/** What the caller of one run heard. */
export interface Heard {
  readonly told: Told | 'hung';
  readonly error: unknown;
  /** How often the callback of its transaction ran. */
  readonly callbacks: number;
}

/** @param within after how many milliseconds it counts as hung */
export async function hear(work: Promise<unknown>, calls: () => number, within: number): Promise<Heard> {
  let timer: NodeJS.Timeout | undefined;
  const hung = new Promise<'hung'>((resolve) => {
    timer = setTimeout(resolve, within, 'hung');
  });
  try {
    const first = await Promise.race([work.then(() => 'applied' as const), hung]);
    return { told: first, error: undefined, callbacks: calls() };
  } catch (error) {
    return { told: classify(error).outcome, error, callbacks: calls() };
  } finally {
    clearTimeout(timer);
  }
}

/** What must not be: each a sentence. Empty, if the caller was told the truth. */
export function violations(workload: Workload, { told, error, callbacks }: Heard, found: Effect): readonly string[] {
  const { effect, alwaysSucceeds, callbackRuns } = workload;
  const all = same(found, effect);
  const none = found.rows === 0 && found.balance === 0;
  const sentences: (readonly [holds: boolean, sentence: string])[] = [
    [told === 'hung', 'it got no answer'],
    [!all && !none, `it left ${found.rows} rows and a balance of ${found.balance}, and not all or nothing`],
    [told === 'applied' && !all, 'it succeeded, and is not there'],
    [
      told !== 'applied' && told !== 'unknown' && told !== 'hung' && !none,
      `it is there, and its caller was told "${told}"`,
    ],
    // Only the network failed: no error of the statement itself can be true.
    [told === 'failed', 'it failed with an ordinary error'],
    [alwaysSucceeds === true && told !== 'applied', `it is always answered, and its caller was told "${told}"`],
    [callbackRuns === 'once' && callbacks > 1, `its callback ran ${callbacks} times`],
    [callbackRuns !== undefined && told === 'applied' && callbacks === 0, 'its callback did not run'],
    [error instanceof WrongAnswer, 'it read something else than what is there'],
  ];
  return sentences.filter(([holds]) => holds).map(([, sentence]) => sentence);
}

function same(a: Effect, b: Effect): boolean {
  return a.rows === b.rows && a.balance === b.balance;
}

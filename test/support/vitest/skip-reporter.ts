import type { Reporter, TestModule, Vitest } from 'vitest/node';
import { countOf, noReason, type TestCounts } from './test-counts.ts';

/** Says at the end of a run how many tests were skipped and why: a run in which little ran is not to look like one in which all passed. */
export class SkipReporter implements Reporter {
  #isFiltered = false;

  onInit({ config }: Vitest): void {
    this.#isFiltered = config.testNamePattern !== undefined;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const { reasons } = countOf(modules);
    // Vitest says of a test that `-t` leaves out that it is skipped.
    const asked = reasons.filter(({ reason }) => !(this.#isFiltered && reason === noReason));
    for (const line of skipLines(asked)) process.stdout.write(`${line}\n`);
  }
}

export function skipLines(reasons: TestCounts['reasons']): readonly string[] {
  if (reasons.length === 0) return [];
  const total = reasons.reduce((sum, { count }) => sum + count, 0);
  return ['', `Skipped: ${total}`, ...reasons.map(({ reason, count }) => `  ${count} x ${reason}`)];
}

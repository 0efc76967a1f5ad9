import type { Reporter, TestModule } from 'vitest/node';
import { countOf, type TestCounts } from './test-counts.ts';

/** Says at the end of a run how many tests were skipped and why: a run in which little ran is not to look like one in which all passed. */
export class SkipReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    for (const line of skipLines(countOf(modules))) process.stdout.write(`${line}\n`);
  }
}

export function skipLines({ skipped, reasons }: Pick<TestCounts, 'skipped' | 'reasons'>): readonly string[] {
  if (skipped === 0) return [];
  return ['', `Skipped: ${skipped}`, ...reasons.map(({ reason, count }) => `  ${count} x ${reason}`)];
}

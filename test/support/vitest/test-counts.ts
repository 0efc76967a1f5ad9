import type { TestCase, TestModule } from 'vitest/node';

export interface Reason {
  readonly reason: string;
  readonly count: number;
}

export interface TestCounts {
  readonly passed: number;
  readonly skipped: number;
  /** Why tests were skipped, the most frequent first. */
  readonly reasons: readonly Reason[];
}

export const noReason = 'no reason given';

/** What became of these modules' tests, without those that failed. */
export function countOf(modules: readonly TestModule[]): TestCounts {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const skipped = tests.filter((test) => test.result().state === 'skipped' && !isStranded(test));
  const counts = new Map<string, number>();
  for (const test of skipped) counts.set(reasonOf(test), (counts.get(reasonOf(test)) ?? 0) + 1);
  return {
    passed: tests.filter((test) => test.result().state === 'passed').length,
    skipped: skipped.length,
    reasons: [...counts].map(([reason, count]) => ({ reason, count })).sort((one, other) => other.count - one.count),
  };
}

/** Vitest calls it skipped, but it did not run because what was to come before it failed. */
export function isStranded(test: TestCase): boolean {
  const result = test.result();
  if (result.state !== 'skipped' || result.note !== undefined) return false;
  for (let group = test.parent; ; group = group.parent) {
    if (group.errors().length > 0) return true;
    if (group.type === 'module') return false;
  }
}

/** What `skip()` was told, or what the title of a group says of itself. */
function reasonOf(test: TestCase): string {
  const result = test.result();
  const note = result.state === 'skipped' ? result.note : undefined;
  return note ?? test.fullName.match(/\((skipped where [^)]*)\)/)?.[1] ?? noReason;
}

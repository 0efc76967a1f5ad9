import { type Reporter, startVitest, type TestCase, type TestModule } from 'vitest/node';
import type { Failure, Findings } from './campaign.ts';

export interface TestRun {
  /** Globs of test files; what the project's configuration leaves out stays out. */
  readonly include: readonly string[];
  /** Of these only the ones with one of these texts in their paths; empty for all. */
  readonly files: readonly string[];
  /** Set in the processes that the tests run in. */
  readonly env: Readonly<Record<string, string>>;
  /** Told of each file when it is done. */
  say(line: string): void;
}

/** Runs tests of this project with vitest, and counts what became of them. */
export async function runTests({ include, files, env, say }: TestRun): Promise<Omit<Findings, 'version'>> {
  const progress: Reporter = { onTestModuleEnd: (module) => say(lineOf(module)) };
  const vitest = await startVitest(
    'test',
    [...files],
    { include: [...include], env, reporters: [progress], watch: false, silent: true, color: false },
    {},
    // Standard output is for the report.
    { stdout: process.stderr, stderr: process.stderr },
  );
  try {
    const unheard = vitest.state.getUnhandledErrors();
    return {
      ...countOf(vitest.state.getTestModules()),
      failures: [
        ...vitest.state.getTestModules().flatMap(failuresOf),
        ...unheard.map((error) => ({ test: 'an error that nobody heard', message: messageOf(error) })),
      ],
    };
  } finally {
    await vitest.close();
  }
}

function countOf(modules: readonly TestModule[]): Pick<Findings, 'passed' | 'skipped' | 'reasons'> {
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
function isStranded(test: TestCase): boolean {
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
  return note ?? test.fullName.match(/\((skipped where [^)]*)\)/)?.[1] ?? 'no reason given';
}

/** Failed tests, and those of which nobody can say that they passed: in a file or a group that could not begin, or never run. */
function failuresOf(module: TestModule): readonly Failure[] {
  const file = module.relativeModuleId;
  const groups = [...module.children.allSuites()];
  const around = [
    ...module.errors().map((error) => ({ test: file, message: messageOf(error) })),
    ...groups.flatMap((group) =>
      group.errors().map((error) => ({ test: `${file} > ${group.fullName}`, message: messageOf(error) })),
    ),
  ];
  const tests = [...module.children.allTests()].flatMap((test): readonly Failure[] => {
    const { state, errors } = test.result();
    if (state === 'passed' || (state === 'skipped' && !isStranded(test))) return [];
    return [{ test: `${file} > ${test.fullName}`, message: errors?.map(messageOf).join('\n') ?? 'it did not run' }];
  });
  return [...around, ...tests];
}

function lineOf(module: TestModule): string {
  const { passed, skipped } = countOf([module]);
  const failures = failuresOf(module);
  const counts = `${passed} passed, ${failures.length} failed, ${skipped} skipped`;
  return [
    `${module.relativeModuleId}: ${counts}`,
    ...failures.map(({ test, message }) => `  ${test}: ${message}`),
  ].join('\n');
}

function messageOf(error: unknown): string {
  const message = typeof error === 'object' && error !== null && 'message' in error ? error.message : error;
  return String(message);
}

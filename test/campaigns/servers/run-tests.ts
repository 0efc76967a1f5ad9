import { type Reporter, startVitest, type TestModule } from 'vitest/node';
import { countOf, isStranded } from '../../support/vitest/test-counts.ts';
import type { Failure, Findings } from './campaign.ts';

export interface TestRun {
  /** Layers of vitest.config.ts. */
  readonly layers: readonly string[];
  /** Of these only the files with one of these texts in their paths; empty for all. */
  readonly files: readonly string[];
  /** Set in the processes that the tests run in. */
  readonly env: Readonly<Record<string, string>>;
  /** A configuration to take the place of vitest.config.ts. */
  readonly config?: string;
  /** Told of each file when it is done. */
  say(line: string): void;
}

/** Runs tests of this project with vitest, and counts what became of them. */
export async function runTests({ layers, files, env, config, say }: TestRun): Promise<Omit<Findings, 'version'>> {
  const progress: Reporter = { onTestModuleEnd: (module) => say(lineOf(module)) };
  const restore = setEnvironment(env);
  const vitest = await startVitest(
    'test',
    [...files],
    {
      project: [...layers],
      ...(config !== undefined && { config }),
      reporters: [progress],
      watch: false,
      silent: true,
      color: false,
    },
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
    restore();
  }
}

/** The processes that tests run in begin with the variables of this one. Returns what takes these away again. */
function setEnvironment(env: Readonly<Record<string, string>>): () => void {
  const before = Object.keys(env).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, env);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
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

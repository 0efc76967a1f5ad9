import { parseFlags, runCommandLine, wholeNumber } from '../test/support/command/command-line.ts';
import type { AlternateOptions, Comparison, Contender } from './alternate.ts';

export interface BenchOptions extends AlternateOptions {
  readonly json: boolean;
}

/** What one benchmark is, apart from the options that all of them have. */
export interface Bench {
  /** Its script in package.json. */
  readonly script: string;
  /** What it measures, for `--help`. */
  readonly about: string;
  readonly defaults: { readonly rounds: number; readonly calls: number };
  measure(options: BenchOptions): Promise<void>;
}

/** Runs a benchmark as this process's command. Exit code: 0, or 2 for a wrong option; what goes wrong later is thrown. */
export function runBench({ script, about, defaults, measure }: Bench): Promise<void> {
  const usage = `Usage: npm run ${script} -- [options]

${about}

Options:
  --rounds N  how often the contenders take turns (default ${defaults.rounds})
  --calls N   calls of each contender in each round (default ${defaults.calls})
  --json      one JSON object on stdout
  --help      this text

Exit code: 0 if it came to its end, 1 if not, 2 for a wrong option.
`;
  return runCommandLine({
    usage,
    parse: (args) => parseBenchOptions(args, defaults),
    run: async (options) => {
      await measure(options);
      return true;
    },
  });
}

const most = 1_000_000;

/** @throws UsageError for an option that is unknown or no whole number from 1 */
export function parseBenchOptions(args: readonly string[], defaults: Bench['defaults']): BenchOptions | 'help' {
  const values = parseFlags(args, { rounds: { type: 'string' }, calls: { type: 'string' }, json: { type: 'boolean' } });
  if (values.help === true) return 'help';
  return {
    rounds: wholeNumber('--rounds', values.rounds ?? String(defaults.rounds), 1, most),
    callsPerRound: wholeNumber('--calls', values.calls ?? String(defaults.calls), 1, most),
    json: values.json === true,
  };
}

/** A contender that makes its calls with so many of them under way at a time. */
export function concurrently(
  name: string,
  concurrency: number,
  call: (index: number) => PromiseLike<unknown>,
): Contender {
  return {
    name,
    run: async (calls) => {
      let next = 0;
      const worker = async () => {
        while (next < calls) {
          next += 1;
          await call(next);
        }
      };
      await Promise.all(Array.from({ length: concurrency }, worker));
    },
  };
}

/** Prints the comparisons, each under its title: as tables, or as one JSON object with what was measured on. */
export function report(
  results: Readonly<Record<string, readonly Comparison[]>>,
  { json, ...options }: BenchOptions,
  server: string,
): void {
  process.stdout.write(
    json
      ? `${JSON.stringify({ node: process.version, server, ...options, results })}\n`
      : Object.entries(results)
          .map(([title, comparisons]) => tableOf(title, comparisons))
          .join('\n'),
  );
}

function tableOf(title: string, comparisons: readonly Comparison[]): string {
  const width = Math.max(...comparisons.map(({ name }) => name.length)) + 1;
  const lines = comparisons.map(
    ({ name, ratio, spread: [low, high], callsPerSecond, cpuRatio }) =>
      `  ${name.padEnd(width)} ${ratio.toFixed(3)}  (${low.toFixed(3)} to ${high.toFixed(3)})  ${Math.round(callsPerSecond)}/s  CPU per call ${cpuRatio.toFixed(3)}`,
  );
  const [baseline] = comparisons;
  return [`${title}: throughput against ${baseline?.name}, median of the rounds (middle half)`, ...lines, ''].join(
    '\n',
  );
}

import { parseArgs } from 'node:util';
import type { AlternateOptions, Comparison, Contender } from './alternate.ts';

export interface BenchOptions extends AlternateOptions {
  readonly json: boolean;
}

/**
 * The options that all benchmarks have: `--rounds`, `--calls` (for each contender in each round), `--json`.
 *
 * @throws TypeError for an option that is unknown or no whole number from 1
 */
export function parseBenchOptions(defaults: { readonly rounds: number; readonly calls: number }): BenchOptions {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: String(defaults.rounds) },
      calls: { type: 'string', default: String(defaults.calls) },
      json: { type: 'boolean', default: false },
    },
  });
  const [rounds, callsPerRound] = [Number(values.rounds), Number(values.calls)];
  if (![rounds, callsPerRound].every((number) => Number.isInteger(number) && number >= 1)) {
    throw new TypeError(
      `Expected --rounds and --calls to be whole numbers from 1, got ${values.rounds} and ${values.calls}`,
    );
  }
  return { rounds, callsPerRound, json: values.json };
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

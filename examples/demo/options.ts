import { parseArgs } from 'node:util';

export interface DemoOptions {
  /** How long the workload runs. */
  readonly seconds: number;
  readonly seed: number;
  readonly json: boolean;
  /** Where the chart is written. */
  readonly chart: string;
}

/** Below this the faults would follow each other without time to recover in between. */
export const leastSeconds = 40;

export const usage = `Usage: npm run demo -- [options]

Runs one workload through six clients at the same time, on a private MariaDB that goes away in ten ways,
and shows what each client lost, repeated, got wrong or never answered. About 15 seconds longer than --seconds.

Options:
  --seconds N   how long the workload runs, ${leastSeconds} to 3600 (default 50)
  --seed N      repeats the operations of an earlier run; its seed is in its report (default: random)
  --chart FILE  where to write the SVG chart (default out/demo.svg)
  --json        one JSON object on stdout; everything else goes to stderr
  --help        this text

Exit code: 0 if gone-away kept its promises, 1 if not, 2 for a wrong option.
`;

/** The command line is wrong; the message says how. */
export class UsageError extends Error {}

/** @throws UsageError */
export function parseOptions(args: readonly string[]): DemoOptions | 'help' {
  const values = parse(args);
  if (values.help === true) return 'help';
  if (values.chart === '') throw new UsageError('--chart: expected a file name');
  return {
    seconds: wholeNumber('--seconds', values.seconds ?? '50', leastSeconds, 3600),
    seed: wholeNumber('--seed', values.seed ?? String(Math.floor(Math.random() * 1_000_000)), 0, 0xffff_ffff),
    json: values.json === true,
    chart: values.chart ?? 'out/demo.svg',
  };
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seconds: { type: 'string' },
        seed: { type: 'string' },
        chart: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    return values;
  } catch (error) {
    // Node's own message names the option; what follows its first sentence is advice on quoting.
    throw new UsageError(error instanceof Error ? error.message.replace(/\.?(\n|\. ).*$/s, '') : String(error));
  }
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw new UsageError(`${name}: expected a whole number from ${least} to ${most}, got ${JSON.stringify(text)}`);
  }
  return value;
}

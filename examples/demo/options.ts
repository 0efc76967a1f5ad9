import { parseFlags, UsageError, wholeNumber } from '../../test/support/command/command-line.ts';

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

const text = { type: 'string' } as const;

/** @throws UsageError */
export function parseOptions(args: readonly string[]): DemoOptions | 'help' {
  const values = parseFlags(args, { seconds: text, seed: text, chart: text, json: { type: 'boolean' } });
  if (values.help === true) return 'help';
  if (values.chart === '') throw new UsageError('--chart: expected a file name');
  return {
    seconds: wholeNumber('--seconds', values.seconds ?? '50', leastSeconds, 3600),
    seed: wholeNumber('--seed', values.seed ?? String(Math.floor(Math.random() * 1_000_000)), 0, 0xffff_ffff),
    json: values.json === true,
    chart: values.chart ?? 'out/demo.svg',
  };
}

import type { Summary, Violation } from './campaign.ts';
import { losses } from './conversation.ts';

const columns = [24, 24, 27, 8, 9, 9, 9, 9, 10, 24, 8];

const row = (cells: readonly unknown[]) =>
  cells.map((cell, index) => String(cell).padEnd(columns[index] ?? 0)).join('');

export const heading: string = row([
  'client',
  'workload',
  'cut',
  'times',
  'applied',
  'not run',
  'undone',
  'unknown',
  'knowable',
  `(lost: ${['request', 'answer', 'rest'].join(', ')})`,
  'ms',
]);

export function lineOf({ client, workload, way, cuts, told, unknown, knowable, ms }: Summary): string {
  return row([
    client,
    workload,
    way,
    cuts,
    told.applied ?? 0,
    told['not-executed'] ?? 0,
    told['rolled-back'] ?? 0,
    told.unknown ?? 0,
    knowable,
    losses.map((lost) => unknown[lost] ?? 0).join(', '),
    ms,
  ]);
}

export function describe({ place, what, because, command }: Violation): string {
  const { client, workload, way, direction, byte } = place;
  const why = because.length === 0 ? '' : `\n    ${because.join(' <- ')}`;
  return `  ${client}, ${workload}, ${way} after byte ${byte} of ${direction}: ${what}${why}\n    ${command}`;
}

/** What one client was told, or all of them. */
export interface Totals {
  readonly cuts: number;
  readonly told: Readonly<Record<string, number>>;
  /** Answered with "unknown": by what was lost, and in how many of these cases somebody could have known. Fewer are better. */
  readonly unknown: Readonly<Record<string, number>>;
  readonly knowable: number;
  readonly knowableShare: number;
  /** What proved that something could be sent again, and how often. */
  readonly proofs: Readonly<Record<string, number>>;
  readonly violations: number;
}

export function totals(summaries: readonly Summary[]): Totals {
  const sum = (value: (summary: Summary) => number) => summaries.reduce((before, each) => before + value(each), 0);
  const sums = (value: (summary: Summary) => Readonly<Partial<Record<string, number>>>) => {
    const names = new Set(summaries.flatMap((summary) => Object.keys(value(summary))));
    return Object.fromEntries([...names].sort().map((name) => [name, sum((summary) => value(summary)[name] ?? 0)]));
  };
  const told = sums((summary) => summary.told);
  const knowable = sum((summary) => summary.knowable);
  return {
    cuts: sum(({ cuts }) => cuts),
    told,
    unknown: sums((summary) => summary.unknown),
    knowable,
    knowableShare: knowable === 0 ? 0 : Number((knowable / (told.unknown ?? 0)).toFixed(4)),
    proofs: sums((summary) => summary.proofs),
    violations: sum(({ violations }) => violations.length),
  };
}

/** As the lines above it, for each client and for all. */
export function lineOfTotals(client: string, { cuts, told, unknown, knowable }: Totals): string {
  return row([
    client,
    'all',
    '',
    cuts,
    told.applied ?? 0,
    told['not-executed'] ?? 0,
    told['rolled-back'] ?? 0,
    told.unknown ?? 0,
    knowable,
    losses.map((lost) => unknown[lost] ?? 0).join(', '),
    '',
  ]);
}

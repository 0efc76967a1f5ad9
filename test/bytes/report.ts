import type { Summary, Violation } from './campaign.ts';
import { losses } from './conversation.ts';

const columns = [24, 24, 17, 8, 9, 9, 9, 9, 24, 8];

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
  `(lost: ${['request', 'answer', 'rest'].join(', ')})`,
  'ms',
]);

export function lineOf({ client, workload, way, cuts, told, unknown, ms }: Summary): string {
  return row([
    client,
    workload,
    way,
    cuts,
    told.applied ?? 0,
    told['not-executed'] ?? 0,
    told['rolled-back'] ?? 0,
    told.unknown ?? 0,
    losses.map((lost) => unknown[lost] ?? 0).join(', '),
    ms,
  ]);
}

export function describe({ place, what, because, command }: Violation): string {
  const { client, workload, way, direction, byte } = place;
  const why = because.length === 0 ? '' : `\n    ${because.join(' <- ')}`;
  return `  ${client}, ${workload}, ${way} after byte ${byte} of ${direction}: ${what}${why}\n    ${command}`;
}

export interface Totals {
  readonly cuts: number;
  readonly violations: number;
  readonly unknown: Readonly<Record<string, number>>;
}

export function totals(summaries: readonly Summary[]): Totals {
  const sum = (value: (summary: Summary) => number) => summaries.reduce((before, each) => before + value(each), 0);
  return {
    cuts: sum(({ cuts }) => cuts),
    violations: sum(({ violations }) => violations.length),
    unknown: Object.fromEntries(losses.map((lost) => [lost, sum(({ unknown }) => unknown[lost] ?? 0)])),
  };
}

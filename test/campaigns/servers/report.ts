import { describeMachine } from '../../support/command/command-line.ts';
import type { Row } from './campaign.ts';
import type { ServersOptions } from './options.ts';

const columns = [16, 12, 8, 8, 9];

const cells = (values: readonly unknown[]) =>
  values
    .map((value, index) => String(value).padEnd(columns[index] ?? 0))
    .join('')
    .trimEnd();

export const heading: string = cells(['server', 'version', 'passed', 'failed', 'skipped', 'seconds']);

/** The row, and below it why tests were skipped and which ones failed. */
export function linesOf(row: Row): readonly string[] {
  const seconds = Math.round(row.ms / 1000);
  if (!row.available) return [cells([row.name, `not available: ${row.why.split('\n').join('\n  ')}`])];
  const { name, version, passed, failed, skipped, reasons, failures } = row;
  return [
    cells([name, version, passed, failed, skipped, seconds]),
    ...reasons.map(({ reason, count }) => `  ${count} x skipped: ${reason}`),
    ...failures.map(({ test, message }) => `  failed: ${test}: ${message.split('\n')[0]}`),
  ];
}

/** Whether a row lets the run end well. One with no test that passed proves nothing. */
export function isWell(row: Row, { whereAvailable }: Pick<ServersOptions, 'whereAvailable'>): boolean {
  if (!row.available) return whereAvailable;
  return row.failed === 0 && row.passed > 0;
}

/** What `--json` prints. */
export interface ServersReport {
  readonly command: 'servers';
  readonly ok: boolean;
  readonly machine: string;
  readonly total: Readonly<Record<'passed' | 'failed' | 'skipped' | 'unavailable', number>>;
  readonly rows: readonly Row[];
}

export function objectOf(rows: readonly Row[], ok: boolean): ServersReport {
  const sum = (key: 'passed' | 'failed' | 'skipped') =>
    rows.reduce((before, row) => before + (row.available ? row[key] : 0), 0);
  return {
    command: 'servers',
    ok,
    machine: describeMachine(),
    total: {
      passed: sum('passed'),
      failed: sum('failed'),
      skipped: sum('skipped'),
      unavailable: rows.filter((row) => !row.available).length,
    },
    rows,
  };
}

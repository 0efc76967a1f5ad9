import { UsageError } from '../../test/support/command/command-line.ts';
import type { CostReport } from '../cost/report.ts';
import type { RecoveryReport } from '../recovery/report.ts';
import type { BenchReport } from '../report.ts';

export type Report = BenchReport | RecoveryReport | CostReport;

const commands: readonly string[] = ['bench', 'recovery', 'cost'];

/**
 * What npm says on standard output before it begins is passed over.
 *
 * @throws UsageError
 */
export function readReport(text: string, file: string): Report {
  const [json = ''] = /^\{.*/ms.exec(text) ?? [];
  const report = parsed(json);
  if (report === undefined || !commands.includes(report.command))
    throw new UsageError(`expected what npm run bench has printed with --json in ${file}`);
  if (report.cells.length === 0) throw new UsageError(`nothing was measured in ${file}`);
  return report;
}

function parsed(json: string): Report | undefined {
  try {
    return JSON.parse(json) as Report;
  } catch {
    return undefined;
  }
}

/** @throws UsageError where reports cannot stand in one page */
export function expectSameGround(reports: readonly Report[]): void {
  const grounds = new Set(reports.map(({ server, machine }) => `${server} on ${machine}`));
  if (grounds.size > 1) throw new UsageError(`expected runs of one server and machine, got ${[...grounds].join('; ')}`);
}

import type { CostCell, CostReport } from '../../../../bench/cost/report.ts';
import { type Counted, costsOf } from '../../../../bench/cost/summary.ts';
import { reportOf } from '../sample.ts';

const places = [{ function: 'sendStatement', file: 'adapters/mysql2/pool/run-statement.ts', line: 49, bytes: 760.5 }];

export const bare: Counted = { name: 'bare', work: [74_400, 74_000, 75_000], allocated: [6_900], places: [] };
export const ours: Counted = { name: 'gone-away', work: [59_520], allocated: [8_970], places };

export function costCellOf(different: Partial<CostCell> = {}): CostCell {
  const place = { group: 'mysql2', statement: 'ping', concurrency: 1 } as const;
  return { ...place, calls: 500, unit: 'instructions', contenders: costsOf([bare, ours]), ...different };
}

export function costReportOf(different: Partial<CostReport> = {}): CostReport {
  const { measuredAt, machine, load, server, versions, leftOut } = reportOf();
  return {
    ...{ command: 'cost', arguments: ['cost', '--json'], measuredAt, machine, load, server, versions, leftOut },
    ...{ counter: 'callgrind', windows: 5, cells: [costCellOf()] },
    ...different,
  };
}

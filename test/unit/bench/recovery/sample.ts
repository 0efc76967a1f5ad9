import type { FaultCell, RecoveryReport } from '../../../../bench/recovery/report.ts';
import { summarise, type Turn } from '../../../../bench/recovery/summary.ts';
import { reportOf } from '../sample.ts';

export function turnOf(different: Partial<Turn> = {}): Turn {
  return {
    marks: { firstSuccess: 1.25, allServed: 20, throughput: 1_500 },
    errors: 0,
    stray: 0,
    connects: { during: 40, after: 10 },
    handshakes: { during: 0, after: 10 },
    ...different,
  };
}

const hung = turnOf({ marks: { firstSuccess: 9, allServed: undefined, throughput: undefined }, errors: 3, stray: 1 });

export function faultCellOf(different: Partial<FaultCell> = {}): FaultCell {
  const contenders = [summarise('bare', [turnOf(), hung]), summarise('gone-away', [turnOf(), turnOf()])];
  return { fault: 'kill-9', contenders, ...different };
}

export function recoveryReportOf(different: Partial<RecoveryReport> = {}): RecoveryReport {
  const { measuredAt, machine, load, server, versions, leftOut } = reportOf();
  return {
    ...{ command: 'recovery', arguments: ['recovery', '--json'], measuredAt, machine, load, server, versions, leftOut },
    ...{ repeats: 2, outage: 1_000, callers: 50, cells: [faultCellOf()] },
    ...different,
  };
}

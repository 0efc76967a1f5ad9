import { titleOf } from '../plan.ts';
import type { BenchReport } from '../report.ts';
import { tableLines } from '../text-table.ts';
import type { Distribution } from './distribution.ts';
import { type FaultName, faultTitles, limitMs } from './plan.ts';
import type { CountSummary, Recovery } from './summary.ts';

/** What came of one fault. */
export interface FaultCell {
  readonly fault: FaultName;
  readonly contenders: readonly Recovery[];
}

/** What `npm run bench -- recovery --json` prints. */
export interface RecoveryReport extends Omit<BenchReport, 'command' | 'rounds' | 'cells'> {
  readonly command: 'recovery';
  readonly repeats: number;
  /** Milliseconds. */
  readonly outage: number;
  readonly callers: number;
  readonly cells: readonly FaultCell[];
}

export const heads = [
  'contender',
  'first success',
  'all served',
  'throughput',
  'errors',
  'connects',
  'handshakes',
] as const;

/** A row for people. */
export function rowOf({ name, stray, ...found }: Recovery): readonly string[] {
  const errors = `${numberOf(found.errors.median)} (${rangeOf(found.errors)})`;
  return [
    titleOf('mysql2', name),
    timeText(found.firstSuccess),
    timeText(found.allServed),
    timeText(found.throughput),
    stray === 0 ? errors : `${errors}, and ${stray} in all that came to nobody`,
    countText(found.connects),
    countText(found.handshakes),
  ];
}

/** A table for people, in plain text. */
export function textOf({ fault, contenders }: FaultCell, { repeats }: Pick<RecoveryReport, 'repeats'>): string {
  const lines = tableLines([heads, ...contenders.map(rowOf)]);
  const times = repeats === 1 ? 'once' : `${repeats} times`;
  const head = `${faultTitles[fault]}, ${times}: ms after it, median (middle half; ${tailName(repeats)}); connections during it + in the second after it, median`;
  return `${[head, ...lines.map((line) => `  ${line}`), ''].join('\n')}\n`;
}

export const tailName = (repeats: number): string => (repeats < 100 ? 'worst' : 'p99');

export function timeText(found: Distribution): string {
  const { median, middleHalf, missed } = found;
  const text = `${numberOf(median)} (${rangeOf(found)})`;
  if (missed === 0) return text;
  const times = `${missed} x not within ${limitMs / 1000} s`;
  return middleHalf[0] === null ? times : `${text}, ${times}`;
}

function rangeOf({ middleHalf: [low, high], tail }: Distribution): string {
  return `${numberOf(low)} to ${numberOf(high)}; ${numberOf(tail)}`;
}

function countText({ during, after }: CountSummary): string {
  return `${numberOf(during.median)} + ${numberOf(after.median)}`;
}

/** A dash for what has not come. */
function numberOf(value: number | null): string {
  if (value === null) return '-';
  return value < 10 ? String(Number(value.toFixed(1))) : Math.round(value).toLocaleString('en');
}

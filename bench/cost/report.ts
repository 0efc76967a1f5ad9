import { type Group, type Statement, titleOf } from '../plan.ts';
import { type BenchReport, cellTitle } from '../report.ts';
import { tableLines } from '../text-table.ts';
import type { Unit } from './counter.ts';
import type { Cost, Figure } from './summary.ts';

/** The contenders of one group in one statement, so many calls at a time. */
export interface CostCell {
  readonly group: Group;
  readonly statement: Statement;
  readonly concurrency: number;
  /** Calls of each window in which work was counted. */
  readonly calls: number;
  readonly unit: Unit;
  readonly contenders: readonly Cost[];
}

/** What `npm run bench -- cost --json` prints. */
export interface CostReport extends Omit<BenchReport, 'command' | 'rounds' | 'cells'> {
  readonly command: 'cost';
  /** What counted the work. */
  readonly counter: string;
  readonly windows: number;
  readonly cells: readonly CostCell[];
}

export const unitTitles: Readonly<Record<Unit, string>> = {
  instructions: 'instructions',
  ns: 'ns of user CPU time',
};

/** A table for people, in plain text. */
export function textOf(cell: CostCell): string {
  const { group, calls, unit, contenders } = cell;
  const title = `${cellTitle({ ...cell, path: 'loopback' })}, ${calls} calls`;
  const head = ['contender', `${unitTitles[unit]} per call`, 'more', 'bytes per call', 'more'];
  const rows = contenders.map(({ name, work, moreWork, allocated, moreAllocated }, place) => [
    titleOf(group, name),
    figureText(work),
    place === 0 ? '' : moreText(moreWork, work),
    figureText(allocated),
    place === 0 ? '' : moreText(moreAllocated, allocated),
  ]);
  return `${[title, ...tableLines([head, ...rows]).map((line) => `  ${line}`), ''].join('\n')}\n`;
}

/** With the least and the most in parentheses. */
export function figureText({ median, range }: Figure): string {
  return `${wholeText(median)} (${range.map(wholeText).join(' to ')})`;
}

/** How much more it is than that of the first contender. */
export function moreText(more: number, { median }: Figure): string {
  const percent = Math.round((100 * more) / (median - more));
  return `${signed(more)} (${signed(percent)} %)`;
}

const signed = (value: number): string => (Math.round(value) > 0 ? `+${wholeText(value)}` : wholeText(value));

export const wholeText = (value: number): string => (Math.round(value) || 0).toLocaleString('en');

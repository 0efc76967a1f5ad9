import type { Circumstances } from './circumstances.ts';
import type { Comparison } from './compare.ts';
import { type Group, type Path, pathTitles, type Statement, statementTitles, titleOf } from './plan.ts';

/** What was measured in one go: contenders of one group that took turns. */
export interface Cell {
  readonly group: Group;
  readonly path: Path;
  readonly statement: Statement;
  readonly concurrency: number;
  readonly callsPerRound: number;
  readonly contenders: readonly Comparison[];
}

export interface LeftOut {
  readonly group: Group;
  readonly contender: string;
  readonly reason: string;
}

/** What `npm run bench -- --json` prints. */
export interface BenchReport extends Circumstances {
  readonly command: 'bench';
  readonly server: string;
  readonly rounds: number;
  readonly cells: readonly Cell[];
  readonly leftOut: readonly LeftOut[];
}

export function cellTitle({ group, path, statement, concurrency }: Omit<Cell, 'callsPerRound' | 'contenders'>): string {
  const atOnce = concurrency === 1 ? 'one after the other' : `${concurrency} at a time`;
  return `${group}, ${pathTitles[path]}, ${statementTitles[statement]}, ${atOnce}`;
}

/** A table for people, in plain text. */
export function textOf(cell: Cell): string {
  const titles = cell.contenders.map(({ name }) => titleOf(cell.group, name));
  const width = Math.max(...titles.map(({ length }) => length));
  const head = `${cellTitle(cell)}: throughput and CPU time per call against ${titles[0]}, median of the rounds (middle half)`;
  const lines = cell.contenders.map((contender, place) => {
    const { ratio, spread, callsPerSecond, cpuRatio, cpuSpread, cpuPerCall } = contender;
    const speed = `${withSpread(ratio, spread)} ${`${Math.round(callsPerSecond)}/s`.padStart(9)}`;
    const cpu = `${withSpread(cpuRatio, cpuSpread)} ${`${Math.round(cpuPerCall)} us`.padStart(9)}`;
    return `  ${(titles[place] ?? '').padEnd(width)}  ${speed}  CPU ${cpu}`;
  });
  return `${[head, ...lines, ''].join('\n')}\n`;
}

export function leftOutLine({ group, contender, reason }: LeftOut): string {
  return `left out of ${group}: ${titleOf(group, contender)} (${contender}): ${reason}\n`;
}

function withSpread(value: number, [low, high]: readonly [number, number]): string {
  return `${value.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
}

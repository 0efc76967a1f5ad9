import { type Section, tableOf } from '../../test/campaigns/guarantees/section.ts';
import type { Comparison, Spread } from '../compare.ts';
import { type Group, groups, paths, pathTitles, statements, statementTitles, titleOf } from '../plan.ts';
import type { BenchReport, Cell } from '../report.ts';

export const groupTitles: Readonly<Record<Group, string>> = {
  mysql2: 'mysql2',
  drizzle: 'Drizzle',
  prisma: 'Prisma',
  kysely: 'Kysely',
};

/** What was measured, of all reports. Where two of them measured the same, the later one counts. */
export function cellsOf(reports: readonly BenchReport[]): readonly Cell[] {
  const cells = new Map(
    reports
      .flatMap((report) => report.cells)
      .map((cell) => [`${cell.group} ${cell.path} ${cell.statement} ${cell.concurrency}`, cell] as const),
  );
  return [...cells.values()];
}

/** A table for each group and path: a row for each statement and contender, two columns for each number of calls at a time. */
export function tablesSection(reports: readonly BenchReport[]): Section {
  const cells = cellsOf(reports);
  const parts = groups.flatMap((group) =>
    paths.flatMap((path) => {
      const own = cells.filter((cell) => cell.group === group && cell.path === path);
      return own.length === 0 ? [] : [`## ${groupTitles[group]}, ${pathTitles[path]}`, tableOfPlace(group, own)];
    }),
  );
  return { name: 'bench', markdown: parts.join('\n\n') };
}

export const atOnceTitle = (count: number): string => (count === 1 ? 'one after the other' : `${count} at a time`);

function tableOfPlace(group: Group, cells: readonly Cell[]): string {
  const concurrencies = [...new Set(cells.map(({ concurrency }) => concurrency))].sort((a, b) => a - b);
  const columns = concurrencies.map(atOnceTitle);
  const head = ['statement', 'contender', ...columns, ...columns.map((column) => `CPU, ${column}`)];
  const rows = statements.flatMap((statement) => {
    const own = cells.filter((cell) => cell.statement === statement);
    const names = [...new Set(own.flatMap(({ contenders }) => contenders.map(({ name }) => name)))];
    return names.map((name, place) => {
      const found = concurrencies.map((count) => find(own, count, name));
      const speeds = found.map((one) => textOf(one, place === 0, speedOf));
      const cpu = found.map((one) => textOf(one, place === 0, cpuOf));
      return [place === 0 ? statementTitles[statement] : '', titleOf(group, name), ...speeds, ...cpu];
    });
  });
  return tableOf(head, rows);
}

function find(cells: readonly Cell[], concurrency: number, name: string): Comparison | undefined {
  return cells.find((cell) => cell.concurrency === concurrency)?.contenders.find((one) => one.name === name);
}

interface Figure {
  readonly absolute: string;
  readonly ratio: number;
  readonly spread: Spread;
}

const speedOf = ({ callsPerSecond, ratio, spread }: Comparison): Figure => ({
  absolute: `${Math.round(callsPerSecond).toLocaleString('en')}/s`,
  ratio,
  spread,
});

const cpuOf = ({ cpuPerCall, cpuRatio, cpuSpread }: Comparison): Figure => ({
  absolute: `${Math.round(cpuPerCall).toLocaleString('en')} µs`,
  ratio: cpuRatio,
  spread: cpuSpread,
});

/** Of the first contender, which would be 1 everywhere, what the others are measured against. */
function textOf(found: Comparison | undefined, isFirst: boolean, figureOf: (found: Comparison) => Figure): string {
  if (found === undefined) return '';
  const { absolute, ratio, spread } = figureOf(found);
  return isFirst ? absolute : `${ratio.toFixed(2)} (${spread.map((end) => end.toFixed(2)).join(' to ')})`;
}

import { type Section, tableOf } from '../../test/campaigns/guarantees/section.ts';
import { windows } from '../cost/plan.ts';
import { type CostCell, type CostReport, moreText, unitTitles, wholeText } from '../cost/report.ts';
import type { Cost } from '../cost/summary.ts';
import { type Group, groups, statements, statementTitles, titleOf } from '../plan.ts';
import { measuredText } from './measured.ts';
import { atOnceTitle, groupTitles } from './tables.ts';

/** Of all reports, in the order of groups and statements. Where two of them counted the same, the later one counts. */
export function costCellsOf(reports: readonly CostReport[]): readonly CostCell[] {
  const cells = new Map(
    reports
      .flatMap((report) => report.cells)
      .map((cell) => [`${cell.group} ${cell.statement} ${cell.concurrency}`, cell] as const),
  );
  return groups.flatMap((group) =>
    statements.flatMap((statement) =>
      [...cells.values()]
        .filter((cell) => cell.group === group && cell.statement === statement)
        .sort((a, b) => a.concurrency - b.concurrency),
    ),
  );
}

/** All of it, with its heading: without a report the page has nothing of it. */
export function costSection(reports: readonly CostReport[]): Section {
  const cells = costCellsOf(reports);
  const measured = measuredText(reports, ({ counter, windows }) => `counted by ${counter}, ${windows} windows`);
  const tables = groups.flatMap((group) => {
    const own = cells.filter((cell) => cell.group === group);
    return own.length === 0 ? [] : [`## ${groupTitles[group]}, each call`, tableOfGroup(group, own)];
  });
  return { name: 'cost', markdown: [...introduction, measured, ...tables, ...placesOf(cells)].join('\n\n') };
}

const introduction = [
  '# Instructions and allocations',
  `What a call costs, counted and not timed (\`npm run bench -- cost\`, \`-- cost --help\` for how). The first row of each statement has what a call costs; the others, how much more it is than that. Medians of ${windows} windows.`,
];

/** A row for each statement and contender, two columns for each number of calls at a time. */
function tableOfGroup(group: Group, cells: readonly CostCell[]): string {
  const concurrencies = [...new Set(cells.map(({ concurrency }) => concurrency))].sort((a, b) => a - b);
  const units = [...new Set(cells.map(({ unit }) => unitTitles[unit]))].join(' or ');
  const columns = [units, 'bytes allocated'].flatMap((what) =>
    concurrencies.map((count) => `${what}, ${atOnceTitle(count)}`),
  );
  const rows = statements.flatMap((statement) => {
    const own = cells.filter((cell) => cell.statement === statement);
    const names = [...new Set(own.flatMap(({ contenders }) => contenders.map(({ name }) => name)))];
    return names.map((name, place) => {
      const found = concurrencies.map((count) =>
        own.find(({ concurrency }) => concurrency === count)?.contenders.find((one) => one.name === name),
      );
      const texts = [workText, allocatedText].flatMap((textOf) =>
        found.map((one) => (one === undefined ? '' : textOf(one, place === 0))),
      );
      return [place === 0 ? statementTitles[statement] : '', titleOf(group, name), ...texts];
    });
  });
  return tableOf(['statement', 'contender', ...columns], rows);
}

const workText = ({ work, moreWork }: Cost, isFirst: boolean): string =>
  isFirst ? wholeText(work.median) : moreText(moreWork, work);

const allocatedText = ({ allocated, moreAllocated }: Cost, isFirst: boolean): string =>
  isFirst ? wholeText(allocated.median) : moreText(moreAllocated, allocated);

/** Where this package allocates, with the fewest calls at a time that were counted. */
function placesOf(cells: readonly CostCell[]): readonly string[] {
  const least = Math.min(...cells.map(({ concurrency }) => concurrency));
  const rows = cells
    .filter(({ concurrency }) => concurrency === least)
    .flatMap(({ group, statement, contenders }) =>
      contenders
        .filter(({ places }) => places.length > 0)
        .map(({ name, places }) => [
          `${groupTitles[group]}: ${titleOf(group, name)}`,
          statementTitles[statement],
          places.map((place) => `\`${place.function}\` in \`${place.file}\` ${wholeText(place.bytes)}`).join('<br>'),
        ]),
    );
  if (rows.length === 0) return [];
  const head = ['contender', 'statement', `most bytes, ${atOnceTitle(least)}`];
  return ['## Where gone-away allocates', tableOf(head, rows)];
}

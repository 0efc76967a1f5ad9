import { type Section, tableOf } from '../../test/campaigns/guarantees/section.ts';
import { faultNames, faultTitles } from '../recovery/plan.ts';
import { type FaultCell, heads, type RecoveryReport, rowOf, tailName } from '../recovery/report.ts';
import { measuredText } from './measured.ts';

type MeasuredCell = FaultCell & Pick<RecoveryReport, 'repeats' | 'outage'>;

/** Of all reports, in the order of the faults. Where two of them measured the same fault, the later one counts. */
export function faultCellsOf(reports: readonly RecoveryReport[]): readonly MeasuredCell[] {
  const cells = new Map(
    reports.flatMap(({ cells, repeats, outage }) =>
      cells.map((cell) => [cell.fault, { ...cell, repeats, outage }] as const),
    ),
  );
  return faultNames.flatMap((name) => cells.get(name) ?? []);
}

/** All of it, with its heading: without a report the page has nothing of recovery. */
export function recoverySection(reports: readonly RecoveryReport[]): Section {
  const cells = faultCellsOf(reports);
  const measured = measuredText(
    reports,
    ({ repeats, outage, callers }) => `${repeats} repeats, ${callers} callers, an outage of ${outage} ms`,
  );
  const tables = cells.map((cell) => `### ${faultTitles[cell.fault]}\n\n${tableOf(heads, cell.contenders.map(rowOf))}`);
  return { name: 'recovery', markdown: [...introduction(cells), measured, picture, ...tables].join('\n\n') };
}

function introduction(cells: readonly MeasuredCell[]): readonly string[] {
  const tails = [...new Set(cells.map(({ repeats }) => tailName(repeats)))].join(' or ');
  return [
    '# Recovery',
    'How soon callers are served again after a server was away (`npm run bench -- recovery`, `-- recovery --help` for what each column is). Callers are loops of point selects on a pool of ten. Each contender meets a fault of its own, with nothing else running.',
    `Times are in milliseconds, from when the server greets again, or from the end of the fault where it never went: median, and in parentheses the middle half and the ${tails}. A dash stands for what did not come within the limit. Connections: median during the fault, and in the second after it.`,
  ];
}

const picture = '![Milliseconds until all callers were served, by fault and contender](recovery.svg)';

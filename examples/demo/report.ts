import Table from 'cli-table3';
import { clientTitles } from './clients.ts';
import { patience } from './drive.ts';
import type { Summary, Violation } from './verdict.ts';

type Row = readonly [label: string, value: (summary: Summary) => string];

const whole = (value: number) => value.toLocaleString('en');
const milliseconds = (value: number) => `${value < 100 ? value.toFixed(1) : whole(Math.round(value))} ms`;

const rows: readonly Row[] = [
  ['operations', ({ operations }) => whole(operations)],
  ['succeeded', ({ succeeded }) => whole(succeeded)],
  ['errors on safe reads', ({ errorsOnReads }) => whole(errorsOnReads)],
  ['errors on everything else', ({ errorsOnWrites }) => whole(errorsOnWrites)],
  ['  of these "outcome unknown"', ({ outcomeUnknown }) => whole(outcomeUnknown)],
  ['writes acknowledged, then lost', ({ acknowledgedThenLost }) => whole(acknowledgedThenLost)],
  ['writes applied twice', ({ appliedTwice }) => whole(appliedTwice)],
  ['reported failed, yet applied', ({ failedButApplied }) => whole(failedButApplied)],
  [`hung (no answer in ${patience / 1000} s)`, ({ hung }) => whole(hung)],
  ['money misplaced or created', ({ misplacedMoney, createdMoney }) => whole(misplacedMoney + Math.abs(createdMoney))],
  ['latency in quiet times, median', ({ quietMedianMs }) => milliseconds(quietMedianMs)],
  ['latency of all successes, p99', ({ p99Ms }) => milliseconds(p99Ms)],
  ['round trips', ({ roundTrips }) => whole(roundTrips)],
  ['  for each success', ({ roundTrips, succeeded }) => (roundTrips / Math.max(1, succeeded)).toFixed(2)],
  ['  spent on pings', ({ pings }) => whole(pings)],
];

export function formatTable(summaries: readonly Summary[]): string {
  const table = new Table({
    head: ['', ...summaries.map(({ client }) => clientTitles[client])],
    colAligns: ['left', ...summaries.map(() => 'right' as const)],
    style: { head: [], border: [], compact: true },
  });
  for (const [label, value] of rows) table.push([label, ...summaries.map(value)]);
  return table.toString();
}

/** One cause tends to have many effects. */
const mostLines = 20;

export function formatVerdict(violations: readonly Violation[]): string {
  if (violations.length === 0) {
    return (
      'gone-away kept its promises: no write applied twice, none lost, no call hung, no error on a safe read, ' +
      'and every other error said the truth.'
    );
  }
  const lines = violations.slice(0, mostLines).map(({ client, promise, operation, detail }) => {
    const which = operation === undefined ? '' : `operation ${operation}, `;
    return `  ${clientTitles[client]}: "${promise}": ${which}${detail}`;
  });
  if (violations.length > mostLines) lines.push(`  and ${violations.length - mostLines} more; --json has them all`);
  return [`gone-away BROKE its promises ${violations.length} times:`, ...lines].join('\n');
}

import type { Report } from '../chaos/report.ts';
import { type Section, tableOf } from './section.ts';

/** What `npm run chaos -- --json` prints. */
export interface ChaosReport extends Report {
  readonly command: 'chaos';
  readonly seed: number;
  readonly minutes: number;
  readonly server: string;
  readonly machine: string;
  readonly unheard: readonly string[];
}

/** One row for each client of each run. */
export function chaosSection(reports: readonly ChaosReport[]): Section {
  const rows = reports.flatMap((report) =>
    report.clients.map((summary) => {
      const told = (answer: string) =>
        Object.values(summary.told).reduce((sum, counts) => sum + (counts[answer] ?? 0), 0);
      const faults = Object.values(report.faults).reduce((sum, count) => sum + count, 0);
      return [
        report.server,
        summary.client,
        `${report.seed}`,
        report.minutes,
        faults,
        summary.calls,
        told('ok'),
        told('refused'),
        told('unknown'),
        summary.unknownAndApplied,
        summary.lostTail,
        summary.violations.length,
      ];
    }),
  );
  const head = [
    ...['server', 'client', 'seed', 'minutes', 'faults', 'calls', 'done', 'refused', 'unknown'],
    ...['of these applied', 'lost with the old primary', 'promises broken'],
  ];
  return { name: 'chaos', markdown: tableOf(head, rows) };
}

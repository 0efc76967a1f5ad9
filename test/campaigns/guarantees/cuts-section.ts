import type { Totals } from '../cuts/report.ts';
import { type Section, tableOf } from './section.ts';

/** What `npm run cuts -- --json` prints, as far as it is shown. */
export interface CutsReport {
  readonly command: 'cuts';
  readonly machine: string;
  readonly server: { readonly kind: string; readonly version: string };
  readonly arguments: readonly string[];
  readonly total: Totals;
  readonly byClient: Readonly<Record<string, Totals>>;
}

/** One row for each client of each run. */
export function cutsSection(reports: readonly CutsReport[]): Section {
  const rows = reports.flatMap(({ server, byClient, total }) => {
    const name = `${server.kind} ${server.version}`;
    return [...Object.entries(byClient), ['all', total] as const].map(([client, totals]) =>
      rowOf(name, client, totals),
    );
  });
  const head = [
    ...['server', 'client', 'cuts', 'applied', 'not executed', 'rolled back'],
    ...['unknown', 'of these knowable', 'promises broken'],
  ];
  const proofs = reports.flatMap(({ total }) => Object.entries(total.proofs));
  return {
    name: 'cuts',
    markdown: [
      tableOf(head, rows),
      '*Knowable*: somebody could have known what became of it, had he seen both ends of the wire. What proved that something could be sent again:',
      tableOf(['proof', 'times'], proofs),
    ].join('\n\n'),
  };
}

function rowOf(server: string, client: string, { cuts, told, knowable, violations }: Totals): (string | number)[] {
  const outcomes = ['applied', 'not-executed', 'rolled-back', 'unknown'].map((outcome) => told[outcome] ?? 0);
  return [server, client, cuts, ...outcomes, knowable, violations];
}

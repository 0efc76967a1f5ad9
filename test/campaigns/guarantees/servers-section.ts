import type { EventRow } from '../servers/cluster-events.ts';
import type { ServersReport } from '../servers/report.ts';
import { type Section, tableOf } from './section.ts';

/** One row for each server, why tests do not apply to it, and one row for each client in each event of a cluster. */
export function serversSection(reports: readonly ServersReport[]): Section {
  const rows = reports.flatMap((report) => report.rows).flatMap((row) => (row.available ? [row] : []));
  const suites = rows.filter(({ events }) => events === undefined);
  const counts = tableOf(
    ['server', 'version', 'passed', 'failed', 'skipped'],
    suites.map(({ name, version, passed, failed, skipped }) => [name, version, passed, failed, skipped]),
  );
  const reasons = suites.flatMap(({ name, reasons }) =>
    reasons.map(({ reason, count }) => `- ${name}: ${count} skipped: ${reason}`),
  );
  const clusters = rows.flatMap(({ events = [] }) => events).flatMap(rowsOfEvent);
  const head = [
    ...['cluster', 'event', 'ms without a server that takes writes', 'client', 'calls', 'applied twice'],
    ...['acknowledged, then lost', 'lost with the old primary', 'failed, yet applied', 'failed', 'unknown', 'hung'],
    'ms to the first write, once there could be one',
  ];
  const parts = [counts, reasons.join('\n'), clusters.length === 0 ? '' : tableOf(head, clusters)];
  return { name: 'servers', markdown: parts.filter((part) => part !== '').join('\n\n') };
}

function rowsOfEvent({ server, event, outage, results }: EventRow): (string | number)[][] {
  return results.map((result) => [
    server,
    event,
    Math.round(outage),
    result.client,
    result.operations,
    result.duplicates,
    result.lost,
    result.lostTail,
    result.falselyRefused,
    result.failed,
    result.unknown,
    result.hung,
    result.firstSuccessAfter === undefined ? '' : Math.round(result.firstSuccessAfter),
  ]);
}

import Table from 'cli-table3';
import type { Failure } from './campaign.ts';
import type { EventResult, EventRow } from './cluster-events.ts';

const ms = (value: number | undefined) => (value === undefined ? '' : Math.round(value).toLocaleString('en'));

/** Every promise that was broken to a client that is held to them. */
export function failuresOf({ event, results }: EventRow): readonly Failure[] {
  return results.flatMap(({ client, violations }) =>
    violations.map((message) => ({ test: `${event}, with ${client}`, message })),
  );
}

const measures: readonly (readonly [name: string, of: (result: EventResult) => string | number])[] = [
  ['operations', ({ operations }) => operations],
  ['applied twice', ({ duplicates }) => duplicates],
  ['acknowledged, then lost', ({ lost }) => lost],
  ['lost with the tail of the old server', ({ lostTail }) => lostTail],
  ['failed, yet applied', ({ falselyRefused }) => falselyRefused],
  ['failed', ({ failed }) => failed],
  ['outcome unknown', ({ unknown }) => unknown],
  ['hung', ({ hung }) => hung],
  ['ms to the first write, once there could be one', ({ firstSuccessAfter }) => ms(firstSuccessAfter)],
  ['longest time without a write, ms', ({ longestPause }) => ms(longestPause)],
];

/** One column for each client. */
export function formatEvent({ server, event, outage, results }: EventRow): string {
  const table = new Table({
    head: ['', ...results.map(({ client }) => client)],
    colAligns: ['left', ...results.map(() => 'right' as const)],
    style: { head: [], border: [], compact: true },
  });
  for (const [name, of] of measures) table.push([name, ...results.map(of)]);
  const writable =
    outage === 0 ? 'it could be written to all along' : `it could not be written to for ${ms(outage)} ms`;
  return `${server}: ${event}: ${writable}\n${table.toString()}`;
}

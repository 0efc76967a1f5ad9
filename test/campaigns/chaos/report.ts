import Table from 'cli-table3';
import { promises, type Violation } from './check.ts';
import { answers, type Call, callKinds, type FaultWindow, type History } from './history.ts';
import { growth, growthOfPools, type Holdings } from './leftovers.ts';
import type { Outcome, RunResult } from './run.ts';

/** One client, in numbers. */
export interface Summary {
  readonly client: string;
  readonly calls: number;
  /** By kind, then by answer. */
  readonly told: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly unknownAndApplied: number;
  readonly unknownAndNotApplied: number;
  readonly lostTail: number;
  readonly connectionsNotReturned: number;
  readonly errors: Readonly<Record<string, number>>;
  /** Reads that an operator has ended, by how. */
  readonly killed: Readonly<Record<string, number>>;
  /** What slow reads were told, by what the operator did to them. */
  readonly slowReads: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly violations: readonly string[];
}

export interface Report {
  readonly clients: readonly Summary[];
  /** How often each of them happened. */
  readonly faults: Readonly<Record<string, number>>;
  readonly threadsLeft: number;
  readonly before: Holdings;
  readonly after: Holdings;
  readonly atTheEnd: Holdings;
  /** Of all clients, and what was left of connections, sockets and memory. */
  readonly violations: number;
}

export function reportOf(result: RunResult): Report {
  const { outcomes, threads, before, after, atTheEnd } = result;
  const faults = outcomes[0]?.history.faults ?? [];
  const clients = outcomes.map(summarise);
  return {
    clients,
    faults: count(faults.map(({ name }) => name)),
    threadsLeft: threads,
    before,
    after,
    atTheEnd,
    violations: clients.reduce((sum, { violations }) => sum + violations.length, 0) + leftovers(result).length,
  };
}

/** What was left behind and should not have been. */
export function leftovers({ outcomes, threads, before, after, atTheEnd }: RunResult): readonly string[] {
  const found = outcomes
    .filter(({ lent }) => lent > 0)
    .map(({ client, lent }) => `${client}: ${lent} connections never came back to the pool`);
  if (threads > 0) found.push(`${threads} connections were left on the servers when all pools had ended`);
  if (atTheEnd.sockets > 0) found.push(`${atTheEnd.sockets} sockets were left when all pools had ended`);
  const [grown, kept] = [after.megabytes - before.megabytes, atTheEnd.megabytes - before.megabytes];
  if (grown > growthOfPools) {
    found.push(`the process has grown by ${grown.toFixed(1)} MB, and may by ${growthOfPools}`);
  }
  if (kept > growth) {
    found.push(`the process keeps ${kept.toFixed(1)} MB when all pools have ended, and may ${growth}`);
  }
  return found;
}

function summarise(outcome: Outcome): Summary {
  const { client, history, violations, lent, unknownAndApplied, unknownAndNotApplied, lostTail } = outcome;
  const { calls, notes } = history;
  const kinds = callKinds.filter((kind) => calls.some((call) => call.kind === kind));
  const kills = notes.filter(({ did }) => did !== 'see');
  const slowReads = calls.filter(({ kind }) => kind === 'slow-read');
  const fateOf = (call: Call) => kills.flatMap(({ id, did }) => (id === call.id ? [did] : [])).join(', ');
  return {
    client,
    calls: calls.length,
    told: tell(calls, ({ kind }) => kind, kinds),
    unknownAndApplied,
    unknownAndNotApplied,
    lostTail,
    connectionsNotReturned: lent,
    errors: count(calls.flatMap(({ answer, error }) => (error === undefined ? [] : [`${answer}: ${error}`]))),
    killed: count(kills.map(({ did }) => did)),
    slowReads: tell(slowReads, (call) => fateOf(call) || 'spared'),
    violations: violations.map((violation) => describeViolation(violation, history)),
  };
}

/** What the calls of each group were told. */
function tell(
  calls: readonly Call[],
  groupOf: (call: Call) => string,
  groups: readonly string[] = [...new Set(calls.map(groupOf))].sort(),
): Summary['told'] {
  const answersIn = (group: string) => calls.filter((call) => groupOf(call) === group).map(({ answer }) => answer);
  return Object.fromEntries(groups.map((group) => [group, count(answersIn(group))]));
}

export function formatTable({ client, told }: Pick<Summary, 'client' | 'told'>): string {
  const table = new Table({
    head: [client, ...answers],
    colAligns: ['left', ...answers.map(() => 'right' as const)],
    style: { head: [], border: [], compact: true },
  });
  for (const [kind, counts] of Object.entries(told))
    table.push([kind, ...answers.map((answer) => counts[answer] ?? 0)]);
  return table.toString();
}

/** A violation and the shortest history around it: the calls that show it, and what happened to the server meanwhile. */
export function describeViolation({ offence, what, calls }: Violation, { faults }: History): string {
  const from = Math.min(...calls.map(({ startedAt }) => startedAt));
  const to = Math.max(...calls.map(({ endedAt }) => endedAt));
  const around = faults.filter((fault) => fault.to >= from && fault.from <= to);
  const lines = [...calls.map(lineOfCall), ...around.map(lineOfFault)].sort((a, b) => a.at - b.at);
  return [`${promises[offence]}: ${offence}: ${what}`, ...lines.map(({ text }) => `    ${text}`)].join('\n');
}

const seconds = (ms: number) => (ms / 1_000).toFixed(3).padStart(8);

function lineOfCall({ id, kind, startedAt, endedAt, answer, error = '', result }: Call) {
  const told = [answer, error, result ?? ''].filter((word) => word !== '').join(' ');
  return { at: startedAt, text: `${seconds(startedAt)} to ${seconds(endedAt)} s  ${kind} ${id}: ${told}` };
}

function lineOfFault({ name, from, to }: FaultWindow) {
  return { at: from, text: `${seconds(from)} to ${seconds(to)} s  ${name}` };
}

function count(values: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

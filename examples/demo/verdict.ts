import type { Traffic } from '../../test/support/proxy/network/network.ts';
import type { Audit } from './audit.ts';
import type { ClientKey } from './clients.ts';
import type { Entry } from './ledger.ts';
import type { FaultWindow } from './timeline.ts';

/** What an operation's rows say about the answer that the caller got. */
export type Finding = 'lost' | 'applied twice' | 'false failure';

export interface Found {
  readonly finding: Finding;
  readonly entry: Entry;
  readonly rows: number;
}

/** One client's column of the table. */
export interface Summary {
  readonly client: ClientKey;
  readonly operations: number;
  readonly succeeded: number;
  readonly errorsOnReads: number;
  /** Errors on everything that is no safe read, "outcome unknown" included. */
  readonly errorsOnWrites: number;
  /** Of these: the caller was told that nobody can know. True whether or not it was applied. */
  readonly outcomeUnknown: number;
  readonly outcomeUnknownButApplied: number;
  readonly acknowledgedThenLost: number;
  readonly appliedTwice: number;
  /** Reported as an ordinary failure, and yet in the table. */
  readonly failedButApplied: number;
  readonly hung: number;
  readonly misplacedMoney: number;
  readonly createdMoney: number;
  /**
   * Of the calls that succeeded while nothing was wrong. Over all calls, a client would look the quicker the more of the slow
   * ones it fails.
   */
  readonly quietMedianMs: number;
  /** Of all calls that succeeded. */
  readonly p99Ms: number;
  readonly roundTrips: number;
  readonly pings: number;
  readonly errors: Readonly<Record<string, number>>;
}

export interface Violation {
  readonly client: ClientKey;
  readonly promise: string;
  readonly operation: number | undefined;
  readonly detail: string;
}

/** Compares what the caller was told with what is in the tables. */
export function findingsOf(entries: readonly Entry[], { rows }: Audit): readonly Found[] {
  return entries.flatMap((entry) => {
    const { operation, answer } = entry;
    if (operation.kind === 'read' || operation.kind === 'locking-read') return [];
    const count = rows.get(operation.index) ?? 0;
    const found = (finding: Finding): Found[] => [{ finding, entry, rows: count }];
    if (count > 1) return found('applied twice');
    if (count === 0 && answer === 'ok') return found('lost');
    if (count === 1 && answer === 'failed') return found('false failure');
    return [];
  });
}

export function summarise(
  client: ClientKey,
  entries: readonly Entry[],
  audit: Audit,
  traffic: Traffic,
  faults: readonly FaultWindow[],
): Summary {
  const findings = findingsOf(entries, audit);
  const count = (matches: (entry: Entry) => boolean) => entries.filter(matches).length;
  const found = (finding: Finding) => findings.filter((one) => one.finding === finding).length;
  const isError = ({ answer }: Entry) => answer === 'failed' || answer === 'unknown';
  const isRead = ({ operation }: Entry) => operation.kind === 'read';
  const successes = entries.filter(({ answer }) => answer === 'ok');
  return {
    client,
    operations: entries.length,
    succeeded: successes.length,
    errorsOnReads: count((entry) => isError(entry) && isRead(entry)),
    errorsOnWrites: count((entry) => isError(entry) && !isRead(entry)),
    outcomeUnknown: count(({ answer }) => answer === 'unknown'),
    outcomeUnknownButApplied: count(
      ({ answer, operation }) => answer === 'unknown' && (audit.rows.get(operation.index) ?? 0) > 0,
    ),
    acknowledgedThenLost: found('lost'),
    appliedTwice: found('applied twice'),
    failedButApplied: found('false failure'),
    hung: count(({ answer }) => answer === 'hung'),
    misplacedMoney: audit.misplacedMoney,
    createdMoney: audit.createdMoney,
    quietMedianMs: percentile(successes.filter(isQuiet(faults)), 0.5),
    p99Ms: percentile(successes, 0.99),
    roundTrips: traffic.roundTrips,
    pings: traffic.pings,
    errors: tally(entries.flatMap(({ error }) => (error === undefined ? [] : [error]))),
  };
}

/** What gone-away promises, and did not keep. */
export function violationsOf(client: ClientKey, entries: readonly Entry[], audit: Audit): readonly Violation[] {
  const broken: Violation[] = [];
  const report = (promise: string, entry: Entry, rows?: number) => {
    const { operation, startedAt, ms, answer, error } = entry;
    const left = rows === undefined ? '' : `; it left ${rows} ${rows === 1 ? 'row' : 'rows'}`;
    const told = `${answer}${error === undefined ? '' : ` (${error})`}`;
    broken.push({
      client,
      promise,
      operation: operation.index,
      detail: `${operation.kind} at ${(startedAt / 1000).toFixed(2)} s, answered after ${Math.round(ms)} ms: ${told}${left}`,
    });
  };
  for (const entry of entries) {
    if (entry.answer === 'hung') report('nothing hangs', entry);
    else if (entry.operation.kind === 'read' && entry.answer !== 'ok') report('no error on a safe read', entry);
  }
  for (const { finding, entry, rows } of findingsOf(entries, audit)) report(promises[finding], entry, rows);
  const money = { client, operation: undefined, promise: 'transactions are applied as a whole' };
  if (audit.misplacedMoney !== 0) broken.push({ ...money, detail: `accounts are off by ${audit.misplacedMoney}` });
  if (audit.createdMoney !== 0)
    broken.push({ ...money, detail: `the sum of all accounts is off by ${audit.createdMoney}` });
  return broken;
}

const promises: Readonly<Record<Finding, string>> = {
  lost: 'no acknowledged write is lost',
  'applied twice': 'no write is applied twice',
  'false failure': 'an error that says "not applied" is true',
};

/** After a fault, what it held up is still being worked off for a while: milliseconds. */
const aftermath = 1_000;

function isQuiet(faults: readonly FaultWindow[]): (entry: Entry) => boolean {
  return ({ startedAt, ms }) => faults.every(({ from, to }) => startedAt + ms < from || startedAt > to + aftermath);
}

/** The smallest latency that at least this share of all calls does not exceed. */
function percentile(entries: readonly Entry[], share: number): number {
  const sorted = entries.map(({ ms }) => ms).sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

function tally(values: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return Object.fromEntries(Object.entries(counts).sort(([, a], [, b]) => b - a));
}

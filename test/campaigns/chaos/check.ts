import { offenceOfKilled, wasLostTooOften } from './check-killed.ts';
import { hasParts, offenceOfParts } from './check-parts.ts';
import { type Call, type FaultWindow, type History, isSafeRead, rowsOf, stalledBetween } from './history.ts';
import { accountCount, openingBalance, type Tables } from './tables.ts';

/** What nobody may do to a caller. */
export const promises = {
  'applied twice': 'no write is applied twice',
  'applied in part': 'what belongs together is applied as a whole',
  'acknowledged, then lost': 'what was acknowledged is there',
  'refused, yet applied': 'what was refused is not there',
  'committed by another': 'what nobody has committed is not there',
  'session of another': 'nobody meets a session that somebody else has changed',
  'nobody asked for it': 'there is nothing that nobody asked for',
  'another result': 'who asks again under the same key is told what the first one was',
  'money misplaced': 'money is neither made nor lost',
  'wrong answer': 'a read answers what is there',
  'safe read failed': 'a safe read is answered, or goes on until its time is over',
  'sent again too often': 'a statement is not sent again and again whose connection is lost each time',
  'interrupted, yet sent again': 'a statement that somebody has stopped is not sent again',
  'outlived its deadline': 'a call ends when its time is over',
  hung: 'a call ends',
} as const;
export type Offence = keyof typeof promises;

/** A promise that was broken, and the calls that show it. */
export interface Violation {
  readonly offence: Offence;
  readonly what: string;
  readonly calls: readonly Call[];
}

/** What has become of the calls that left rows behind, or should have. */
export interface Verdict {
  readonly violations: readonly Violation[];
  /** Acknowledged by a server that was given up before it had passed them on. */
  readonly lostTail: number;
  readonly unknownAndApplied: number;
  readonly unknownAndNotApplied: number;
}

/** Milliseconds by which a call may be late: for the last turns of a busy event loop. */
const grace = 1_000;
/** A caller that gives up, and a clock, are never quite exact. */
const precision = 50;
/** For how long before its end, in milliseconds, a server that is given up may have kept what it acknowledged to itself. */
const tail = 5_000;

/**
 * Holds what one client was told against what is in its tables. Knows nothing of how the client works: only what it was asked, what it
 * answered and when, and what is there.
 */
export function check(history: History, tables: Tables): Verdict {
  const rows = countRows(tables);
  const byId = callsById(history.calls.filter(({ kind }) => rowsOf(kind) > 0));
  const violations = [...history.calls.flatMap((call) => violationsOfOne(call, history)), ...misplacedMoney(tables)];
  const tally = { lostTail: 0, unknownAndApplied: 0, unknownAndNotApplied: 0 };
  for (const [id, calls] of byId) {
    const left = rows.get(id) ?? { count: 0, amounts: [] };
    rows.delete(id);
    const offence = offenceOf(calls, left, history.faults);
    if (offence === 'lost with the old server') tally.lostTail += 1;
    else if (offence !== undefined) violations.push({ offence, what: `it left ${left.count} rows`, calls });
    violations.push(...otherResults(calls, left.amounts, history.faults));
    if (calls.every(({ answer }) => answer === 'unknown')) {
      tally[left.count > 0 ? 'unknownAndApplied' : 'unknownAndNotApplied'] += 1;
    }
  }
  for (const [id, { count }] of rows) {
    violations.push({ offence: 'nobody asked for it', what: `${count} rows with the id ${id}`, calls: [] });
  }
  if (tables.astray > 0) {
    const what = `${tables.astray} rows in a database that nobody asked for`;
    violations.push({ offence: 'nobody asked for it', what, calls: [] });
  }
  return { violations, ...tally };
}

function callsById(calls: readonly Call[]): Map<number, Call[]> {
  const byId = new Map<number, Call[]>();
  for (const call of calls) {
    const same = byId.get(call.id);
    if (same === undefined) byId.set(call.id, [call]);
    else same.push(call);
  }
  return byId;
}

interface Left {
  readonly count: number;
  readonly amounts: readonly (number | null)[];
}

function countRows({ operations }: Tables): Map<number, Left> {
  const rows = new Map<number, Left>();
  for (const { opId, amount } of operations) {
    const { count, amounts } = rows.get(opId) ?? { count: 0, amounts: [] };
    rows.set(opId, { count: count + 1, amounts: [...amounts, amount] });
  }
  return rows;
}

/** @param calls all that have this id: one, or several with the same key */
function offenceOf(
  calls: readonly Call[],
  { count, amounts }: Left,
  faults: readonly FaultWindow[],
): Offence | 'lost with the old server' | undefined {
  const [alone] = calls;
  if (alone !== undefined && hasParts(alone.kind)) {
    const offence = offenceOfParts(alone, amounts);
    return offence === 'acknowledged, then lost' && wasInTail(alone, faults) ? 'lost with the old server' : offence;
  }
  const whole = Math.max(...calls.map(({ kind }) => rowsOf(kind)));
  if (count > whole) return 'applied twice';
  if (count > 0 && count < whole) return 'applied in part';
  const acknowledged = calls.filter(({ answer }) => answer === 'ok');
  if (count === 0 && acknowledged.length > 0) {
    const excused = acknowledged.every((call) => wasInTail(call, faults));
    return excused ? 'lost with the old server' : 'acknowledged, then lost';
  }
  return count > 0 && calls.every(({ answer }) => answer === 'refused') ? 'refused, yet applied' : undefined;
}

function wasInTail({ endedAt }: Call, faults: readonly FaultWindow[]): boolean {
  return faults.some(({ losesTail, from, to }) => losesTail === true && endedAt > from - tail && endedAt < to);
}

/** What a key was worth to one caller it is worth to all, and that is what is in its row. */
function otherResults(
  calls: readonly Call[],
  amounts: readonly (number | null)[],
  faults: readonly FaultWindow[],
): Violation[] {
  const told = calls.filter((call) => call.kind === 'keyed' && call.answer === 'ok' && !wasInTail(call, faults));
  const other = told.filter(({ result }) => amounts.length === 1 && result !== amounts[0]);
  if (other.length === 0) return [];
  const what = `told ${other.map(({ result }) => result).join(', ')}, and ${amounts[0]} is there`;
  return [{ offence: 'another result', what, calls }];
}

/** An account has what it began with, and what the transfers that are there say. */
function misplacedMoney({ operations, accounts }: Tables): Violation[] {
  const expected = new Map<number, number>();
  for (let id = 1; id <= accountCount; id += 1) expected.set(id, openingBalance);
  const pay = (account: number | null, amount: number) => {
    if (account !== null) expected.set(account, (expected.get(account) ?? 0) + amount);
  };
  for (const { from, to, amount } of operations) {
    pay(from, -(amount ?? 0));
    pay(to, amount ?? 0);
  }
  return accounts
    .filter(({ id, balance }) => balance !== expected.get(id))
    .map(({ id, balance }) => ({
      offence: 'money misplaced',
      what: `account ${id} has ${balance}, and should have ${expected.get(id)}`,
      calls: [],
    }));
}

function violationsOfOne(call: Call, history: History): Violation[] {
  const { kind, answer, error, startedAt, endedAt, deadline, limit } = call;
  const took = endedAt - startedAt;
  const violation = (offence: Offence, what: string): Violation[] => [{ offence, what, calls: [call] }];
  if (answer === 'hung') return violation('hung', `no answer after ${Math.round(took)} ms`);
  if (answer === 'wrong') return violation('wrong answer', error ?? '');
  if (error?.includes('read only transaction') === true)
    return violation('session of another', 'it was to write in a session that takes no writes');
  const killed = kind === 'slow-read' ? offenceOfKilled(call, history) : undefined;
  if (killed !== undefined) return violation(killed, 'the operator saw it again');
  const late = took - stalledBetween(history.stalls, startedAt, endedAt) - limit;
  if (late > grace) return violation('outlived its deadline', `${Math.round(late)} ms after its ${limit}`);
  const failed = isSafeRead(kind) && answer !== 'ok' && took < deadline - precision;
  if (!failed || wasInterrupted(call, history) || wasLostTooOften(call, history)) return [];
  return violation('safe read failed', `after ${Math.round(took)} of ${deadline} ms: ${error}`);
}

/** Someone stopped this statement on purpose, and the server said so. */
function wasInterrupted({ error = '', startedAt, endedAt }: Call, { faults, notes }: History): boolean {
  if (!/interrupted/i.test(error)) return false;
  if (notes.some(({ did, at }) => did === 'KILL QUERY' && at >= startedAt && at <= endedAt)) return true;
  return faults.some(({ interrupts, from, to }) => interrupts === true && endedAt >= from && startedAt <= to);
}

import type { Outcome } from '../../../src/index.ts';

/**
 * What a call is to do.
 *
 * - `read`, `sum`, `iterate`: safe reads, of one row, of all the money in one snapshot, of a thousand rows one by one.
 * - `locking-read`: a read that locks, for as long as it runs.
 * - `slow-read`: a safe read that waits for a row which somebody holds (`operator/hold-rows.ts`).
 * - `insert`, `exact-insert`: one row; the second settled with the ledger.
 * - `transfer`: money from one account to another, and a row that says so. `transfer-rerun` may run again, `transfer-exact` is settled with
 *   the ledger.
 * - `keyed`: a row under a key that other calls have as well.
 * - `batch`: two rows, in one transaction that has no callback.
 *
 * Transactions whose statements are not sent one after the other (`clients/unruly.ts`), each of two rows with the amounts 1 and 2:
 *
 * - `company`: both, a read and a lock are under way at once; `company-rerun` may run again.
 * - `forgotten`: nobody waits for the second one, nor for a read; `forgotten-rerun` may run again.
 * - `race`: nobody waits for the second one any more when a timer was faster; then the callback goes on, or throws.
 * - `thrower`: the callback throws while a branch of it goes on to the second one. Never committed.
 * - `ddl`: a statement between them commits the first one; `ddl-rerun` would run again, if it could.
 *
 * Callers that leave a session in another state (`clients/session.ts`):
 *
 * - `procedure`: a CALL that fails half way, in a transaction of its own. Never committed.
 * - `wanderer`: a held connection goes to another database, or is set to commit nothing or to take no writes, and is released.
 * - `abandoner`: a held connection is released with a row in an open transaction. Never committed.
 * - `stray-begin`: a BEGIN through the pool. Whatever it is told: nobody else may be in that transaction.
 * - `uncommitted-insert`: one row, through a pool whose listener sets each new connection to commit nothing by itself.
 * - `setting`, `async-setting`: asks for what a listener of the pool has set on each new connection, in one statement, or in one after the
 *   other.
 */
export const callKinds = [
  'read',
  'sum',
  'iterate',
  'locking-read',
  'slow-read',
  'insert',
  'exact-insert',
  'transfer',
  'transfer-rerun',
  'transfer-exact',
  'keyed',
  'batch',
  'company',
  'company-rerun',
  'forgotten',
  'forgotten-rerun',
  'race',
  'thrower',
  'ddl',
  'ddl-rerun',
  'procedure',
  'wanderer',
  'abandoner',
  'stray-begin',
  'uncommitted-insert',
  'setting',
  'async-setting',
] as const;
export type CallKind = (typeof callKinds)[number];

/** Whether calls of this kind may be repeated at will, and so should be answered whatever happens. */
export function isSafeRead(kind: CallKind): boolean {
  return kind === 'read' || kind === 'sum' || kind === 'slow-read';
}

/** How many rows with its id a call leaves behind when it is applied once. */
export function rowsOf(kind: CallKind): number {
  switch (kind) {
    case 'read':
    case 'sum':
    case 'iterate':
    case 'locking-read':
    case 'slow-read':
    case 'wanderer':
    case 'stray-begin':
    case 'setting':
    case 'async-setting':
      return 0;
    case 'batch':
    case 'company':
    case 'company-rerun':
    case 'forgotten':
    case 'forgotten-rerun':
    case 'race':
    case 'thrower':
    case 'ddl':
    case 'ddl-rerun':
      return 2;
    default:
      return 1;
  }
}

/**
 * What the caller was told: done; an answer that is wrong; not done; that nobody can know; or nothing at all, for much longer than it
 * was to take.
 */
export const answers = ['ok', 'wrong', 'refused', 'unknown', 'hung'] as const;
export type Answer = (typeof answers)[number];

/** One call and its answer. All times in milliseconds from the start of the run. */
export interface Call {
  readonly type: 'call';
  /** Of the rows that it leaves behind. For keyed work that of the key, so that several calls have it. */
  readonly id: number;
  readonly client: string;
  readonly kind: CallKind;
  readonly startedAt: number;
  readonly endedAt: number;
  /** For how long, in milliseconds, it is to be tried. */
  readonly deadline: number;
  /** For how long it may go on: what was begun before its deadline may end after it. */
  readonly limit: number;
  readonly answer: Answer;
  /** The error in a few words, where there was one. */
  readonly error?: string;
  /** What that error says became of the work. */
  readonly outcome?: Outcome;
  /**
   * What keyed work gave back: a number that its callback drew, and that is in the row. Of an unruly transaction the sum of the amounts
   * whose statements were answered.
   */
  readonly result?: number;
}

/** Something that was done to the server or to the way there. */
export interface FaultWindow {
  readonly type: 'fault';
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** When it ended connections, where it did so several times. */
  readonly cuts?: readonly number[];
  /** The server that goes on may not have the last of what was acknowledged. */
  readonly losesTail?: true;
  /** It stops statements on purpose, and the server says so to who sent them. */
  readonly interrupts?: true;
}

/** The process of the clients stood still: nobody can be blamed for being late. */
export interface Stall {
  readonly type: 'stall';
  readonly from: number;
  readonly to: number;
}

/** What the operator did about a read (`operator/operator.ts`): saw it for the first time on this session, or ended it. */
export interface Note {
  readonly type: 'note';
  readonly did: 'see' | 'KILL' | 'KILL QUERY';
  readonly client: string;
  /** Of the call, for a slow read. */
  readonly id?: number;
  readonly at: number;
}

export type Event = Call | FaultWindow | Stall | Note;

/** What was seen of one client from outside, from the first call to the last. */
export interface History {
  readonly calls: readonly Call[];
  readonly faults: readonly FaultWindow[];
  readonly stalls: readonly Stall[];
  readonly notes: readonly Note[];
}

/** How many milliseconds of this time the process stood still. */
export function stalledBetween(stalls: readonly Stall[], from: number, to: number): number {
  return stalls.reduce((sum, stall) => sum + Math.max(0, Math.min(to, stall.to) - Math.max(from, stall.from)), 0);
}

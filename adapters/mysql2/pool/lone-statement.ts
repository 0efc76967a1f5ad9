import {
  type Evidence,
  type Failure,
  failureOf,
  mayBeSessionBound,
  neverAcquired,
  readStatementKind,
  SessionBoundError,
} from '../../../src/internal.ts';
import { textOf } from '../driver/command.ts';
import type { Lease } from './lease.ts';

/**
 * What a statement that is sent through the pool, on its own, may do to the session that it happens to get. Nothing that the next user of that session
 * would meet: gone-away destroys such a session, and with it what was done there. So a statement that is acknowledged is durable, and one whose
 * effect would be lost is refused before anything is sent.
 */

const instead = 'Use a transaction, or a connection that you hold (`getConnection()`).';

/** These leave a session as a pool may hand it on, as on a bare pool. */
const harmlessSettings =
  /^\s*set\s+(?:(?:session|local)\s+transaction\s+isolation\s+level\s+[a-z]+(?:\s+[a-z]+)?|(?:session\s+)?autocommit\s*=\s*(?:1|on|true))[\s;]*$/i;

/** The refusal of a statement whose effect is in one session (BEGIN, USE, LOCK TABLES ...); undefined for all others, nearly always by the first word. */
export function refuseSessionBound(sql: unknown): SessionBoundError | undefined {
  const text = textOf(sql);
  if (text === undefined || !mayBeSessionBound(text) || harmlessSettings.test(text)) return undefined;
  const { verb, isSessionBound } = readStatementKind(text, { multipleStatements: true });
  if (!isSessionBound) return undefined;
  return notSent(`${verb} has its effect in one session, and on a pool the next statement may get another one`);
}

const writes: ReadonlySet<string> = new Set(['INSERT', 'REPLACE', 'UPDATE', 'DELETE']);

/**
 * For sessions that begin without autocommit, by a listener of the pool's `connection` event or by the settings of the server: nothing would commit
 * what a statement on its own has written. Of those that may write or not, the answer tells: see {@link assertCommitted}.
 *
 * @throws SessionBoundError for an INSERT, REPLACE, UPDATE or DELETE
 */
export function assertCommits(lease: Pick<Lease, 'state'>, sql: unknown): void {
  if (lease.state.autocommit) return;
  const text = textOf(sql);
  if (text === undefined) return;
  const { verb, leavesUncommitted } = readStatementKind(text, { multipleStatements: true });
  if (!leavesUncommitted || !writes.has(verb)) return;
  throw notSent('The sessions of this pool begin with autocommit off, so nothing would commit this statement');
}

/**
 * A statement was answered, and the server says that a transaction is open. If the statement has not begun it itself, it was somebody's, and the
 * statement is undone with it: it is sent again elsewhere.
 *
 * @throws SessionBoundError
 */
export function assertCommitted(lease: Pick<Lease, 'state' | 'lastStatement'>): void {
  const { state, lastStatement } = lease;
  const { inTransaction, autocommit } = lastStatement?.status ?? {
    inTransaction: state.transaction === 'open',
    autocommit: state.autocommit,
  };
  if (!inTransaction) return;
  // A read has said all that it had to say.
  if (!autocommit && lastStatement?.judgeRead(false).isSafe === true) return;
  const kind = lastStatement?.kind;
  if (kind === undefined || !kind.leavesUncommitted) {
    throw undone(inDoubt, 'It left a transaction open, and no statement behind it could have ended that', 'ended that');
  }
  if ((autocommit || state.wasAutocommitOff) && !kind.beginsTransaction) {
    throw undone(begunByOthers, 'It ran in a transaction that somebody had left open');
  }
  throw undone(permanent, 'It left a transaction open, and nothing would have committed that');
}

const answered: Evidence = Object.freeze({
  progress: 'written',
  rollsBack: true,
  atomic: true,
  commits: false,
  abandoned: false,
});

const begunByOthers: Failure = failureOf(
  {
    proof: 'transaction-rolled-back',
    kind: 'conflict',
    invalidates: 'connection',
    source: 'the server answered that a transaction was open, which this statement cannot have begun',
  },
  answered,
);

const permanent: Failure = Object.freeze({ ...begunByOthers, transient: false });

const inDoubt: Failure = Object.freeze({
  ...permanent,
  outcome: 'unknown',
  reason:
    'it left a transaction open, which ended with its session; it may have committed or prepared (XA) a part of its work before',
});

function undone(failure: Failure, message: string, end = 'rolled it back'): SessionBoundError {
  return new SessionBoundError(`${message}: gone-away has ${end} with its session. ${instead}`, {
    failure,
    attempts: 1,
    elapsedMs: 0,
  });
}

function notSent(why: string): SessionBoundError {
  const failure = failureOf(
    { proof: 'permanent', kind: 'statement', invalidates: 'nothing', source: why },
    neverAcquired,
  );
  return new SessionBoundError(`${why}: it was not sent. ${instead}`, { failure, attempts: 1, elapsedMs: 0 });
}

import {
  classify,
  type Evidence,
  type Failure,
  failureOf,
  LedgerError,
  NotCommittedError,
  neverAcquired,
} from '../../../src/internal.ts';
import { ledgerSql } from './ledger-table.ts';

/** Nothing of the user's was executed, and trying again cannot help. */
export function refusal(message: string, cause?: unknown): LedgerError {
  const source = 'the ledger of `exactlyOnce` cannot be used';
  const row = { proof: 'permanent', kind: 'statement', invalidates: 'nothing', source } as const;
  return ledgerError(message, failureOf(row, neverAcquired), cause);
}

/** Nothing of the user's was executed, and trying again can help. */
export function tryAgain(message: string): LedgerError {
  const row = { proof: 'not-executed', kind: 'conflict', invalidates: 'nothing', source: message } as const;
  return ledgerError(message, failureOf(row, neverAcquired));
}

/** Something of the user's may be there, and stays; running it again may apply it twice. */
function inDoubt(message: string, source: string): LedgerError {
  const row = { proof: 'unknown', kind: 'statement', invalidates: 'nothing', source } as const;
  // It will not be known later either.
  return ledgerError(message, Object.freeze({ ...failureOf(row, executed), transient: false }));
}

const executed: Evidence = Object.freeze({
  progress: 'written',
  rollsBack: false,
  atomic: false,
  commits: false,
  abandoned: false,
});

export function missingTable(table: string, database: string | undefined, cause?: unknown): LedgerError {
  const where = database === undefined ? '' : ` in the database \`${database}\``;
  return refusal(
    `There is no ledger table \`${table}\`${where}, which \`exactlyOnce\` and \`idempotencyKey\` need. Nothing was executed. Create it with a migration, or with createLedger(pool):\n\n${ledgerSql(table)};`,
    cause,
  );
}

/** The callback has committed, and nobody has counted what. */
export function endedByItself(): LedgerError {
  return inDoubt(
    'A statement of the callback has ended its transaction, or may have (COMMIT, ROLLBACK, DDL, CALL and the like), so `exactlyOnce` has nothing to rest on. What came before it may have been committed; what came after it may not have been undone.',
    'a statement of the callback may have ended its transaction, so that what came before may be committed',
  );
}

/** As {@link endedByItself}, of an earlier call with the same key. */
export function keyEndedByItself(): LedgerError {
  return inDoubt(
    'The transaction of this `idempotencyKey` has ended by itself, in the middle of its callback (by a statement that commits, such as DDL), so that nobody can know how much of it was applied. Nothing was executed now.',
    'an earlier transaction with this key has ended by itself, so that a part of it may be committed',
  );
}

/** @param error what COMMIT failed with */
export function notCommitted(error: unknown, elapsedMs: number): NotCommittedError {
  return new NotCommittedError(
    'COMMIT got no answer that says what became of it, and the ledger proves that the transaction was not committed and never will be',
    {
      failure: Object.freeze({
        kind: classify(error).kind,
        outcome: 'rolled-back',
        transient: true,
        invalidates: 'connection',
        endsTransaction: true,
        stillRunning: false,
        code: undefined,
        errno: undefined,
        reason: 'COMMIT got no answer that says what became of it, and its token was fenced',
      }),
      attempts: 1,
      elapsedMs,
      cause: error,
    },
  );
}

/** A failure of the ledger's own, with no answer of a server behind it. */
function ledgerError(message: string, failure: Failure, cause?: unknown): LedgerError {
  return new LedgerError(message, { failure, attempts: 1, elapsedMs: 0, cause });
}

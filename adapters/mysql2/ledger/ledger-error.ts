import {
  classify,
  type Failure,
  failureOf,
  LedgerError,
  NotCommittedError,
  neverAcquired,
} from '../../../src/internal.ts';
import { ledgerSql } from './ledger-table.ts';

/** Nothing of the user's was executed, and trying again cannot help. */
export function refusal(message: string, cause?: unknown): LedgerError {
  return ledgerError(message, 'permanent', 'the ledger of `exactlyOnce` cannot be used', cause);
}

/** Nothing of the user's was executed, and trying again can help. */
export function tryAgain(message: string): LedgerError {
  return ledgerError(message, 'not-executed', message, undefined);
}

export function missingTable(table: string, cause?: unknown): LedgerError {
  return refusal(
    `There is no ledger table \`${table}\`, which \`exactlyOnce\` and \`idempotencyKey\` need. Nothing was executed. Create it with a migration, or with createLedger(pool):\n\n${ledgerSql(table)};`,
    cause,
  );
}

/** Something is left of the user's that `exactlyOnce` cannot speak for. */
export function endedByItself(): LedgerError {
  return refusal(
    'The callback has ended its transaction by itself (by COMMIT, ROLLBACK, or a statement that commits, such as DDL), so `exactlyOnce` has nothing to rest on. What it did before that may have been committed; what it did after that was not undone.',
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
function ledgerError(
  message: string,
  proof: 'permanent' | 'not-executed',
  source: string,
  cause: unknown,
): LedgerError {
  const failure: Failure = failureOf({ proof, kind: 'conflict', invalidates: 'nothing', source }, neverAcquired);
  return new LedgerError(message, { failure, attempts: 1, elapsedMs: 0, cause });
}

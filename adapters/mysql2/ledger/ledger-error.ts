import { type Failure, failureOf, LedgerError, neverAcquired } from '../../../src/internal.ts';
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

import { classify, findEvidence, type StatementFailure } from '../../../src/internal.ts';
import type { Lease } from '../pool/lease.ts';

/**
 * What a failed statement says of the transaction that it was sent in.
 *
 * @param lease as it is after the failure
 * @param isUntouched nothing of the user's had been executed in the transaction before
 * @param mayCommit the statement may commit by itself
 */
export function readStatementFailure(
  error: unknown,
  { isLost, transactionEnd, transactionState }: Pick<Lease, 'isLost' | 'transactionEnd' | 'transactionState'>,
  isUntouched: boolean,
  mayCommit: boolean,
): StatementFailure {
  const { transient, endsTransaction } = classify(error);
  // A statement that has a mistake in it is no reason to leave a connection that lives.
  if (isUntouched && (isLost || transient) && wasNotExecuted(error)) return 'not-executed';
  if (isLost || transactionEnd !== undefined || endsTransaction) return 'ended';
  return transactionState === 'unsure' || mayCommit ? 'unsure' : 'statement';
}

/** Where nothing but this statement was in the transaction: that was rolled back, for its connection was lost, and had nothing in it. */
function wasNotExecuted(error: unknown): boolean {
  const { outcome } = classify(error);
  if (outcome !== 'rolled-back') return outcome === 'not-executed';
  const evidence = findEvidence(error);
  return evidence !== undefined && evidence.progress !== 'written';
}

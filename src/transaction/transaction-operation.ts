import type { Operation } from '../failure.ts';

/**
 * A transaction as the executor sees it: never harmless to apply twice, and no read, for nobody knows what is sent in it.
 *
 * @param isHandedOver whether something has run in it that cannot be taken back, so that it is not for the executor to begin it again
 */
export function transactionOperation(
  isHandedOver: Operation['isHandedOver'],
  refineFailure?: NonNullable<Operation['refineFailure']>,
): Operation {
  const operation: Operation = { kind: 'transaction', idempotent: false, isSafeRead: () => false, isHandedOver };
  return refineFailure === undefined ? operation : { ...operation, refineFailure };
}

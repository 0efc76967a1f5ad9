import type { Failure, Operation } from './failure.ts';
import type { RetryPolicy } from './policy/policy.ts';

/**
 * What to do after a failed attempt.
 *
 * - `retry`: run the whole operation again.
 * - `rethrow`: the caller gets the error as it is; it is not ours to handle.
 * - `outcome-unknown`: the caller is told that nobody can know.
 */
export type Decision = 'retry' | 'rethrow' | 'outcome-unknown';

/**
 * The decision table. Pure: limits of number, time and budget are the executor's, and come after it.
 *
 * | outcome | safe read | write | transaction |
 * |---|---|---|---|
 * | not-executed | retry | retry | restart if clean |
 * | rolled-back | retry | retry | not without being asked to |
 * | unknown | retry | `OutcomeUnknownError`, unless idempotent | `OutcomeUnknownError` |
 * | failed | rethrow | rethrow | rethrow |
 *
 * A limit that the caller has set, or an operator, is no failure of the server, nor is an error of the caller's own code: either ends the work with its
 * own error, whatever the outcome.
 *
 * "Clean" means that nothing was handed over yet: no callback ran, no row was delivered. A statement that this side stopped
 * waiting for may still be running on the server, where it could be applied after its own retry; so only reads are retried then.
 */
export function decide(failure: Failure, operation: Operation, policy: Pick<RetryPolicy, 'shouldRetry'>): Decision {
  if (failure.outcome === 'failed' || failure.kind === 'limit' || failure.kind === 'client-side') return 'rethrow';
  if (failure.outcome === 'unknown' && !mayRunTwice(failure, operation)) return 'outcome-unknown';
  if (!failure.transient || operation.isHandedOver()) return 'rethrow';
  if (failure.kind === 'acquire-timeout' || failure.kind === 'aborted') return 'rethrow';
  return policy.shouldRetry?.(failure) === false ? 'rethrow' : 'retry';
}

function mayRunTwice(failure: Failure, operation: Operation): boolean {
  if (operation.kind === 'transaction') return false;
  if (operation.isSafeRead()) return true;
  return operation.idempotent && !failure.stillRunning;
}

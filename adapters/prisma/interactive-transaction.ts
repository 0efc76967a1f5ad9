import { classify, type Failure, isGoneAwayError, type Operation } from '../../src/index.ts';
import { outsideCalls } from './call-scope.ts';
import { transactionIdOf } from './prisma-internals.ts';
import type { ResilienceLayer } from './resilience-layer.ts';
import { hasEvidence, refined } from './verdict.ts';

/** The user's callback, with the client of the transaction. */
export type TransactionCallback = (tx: object) => unknown;

/** What ended a transaction while its callback still runs; the first one stays. */
interface OpenTransaction {
  ended: { readonly error: unknown } | undefined;
}

const open = new Map<string, OpenTransaction>();

/**
 * Runs one operation inside an interactive transaction: once. After a failure that ended the transaction nothing is let through any
 * more: the server would apply it at once, and it would stay.
 */
export async function runInside(id: string | undefined, query: () => PromiseLike<unknown>): Promise<unknown> {
  const transaction = id === undefined ? undefined : open.get(id);
  if (transaction?.ended !== undefined) throw transaction.ended.error;
  try {
    return await query();
  } catch (error) {
    if (transaction !== undefined && classify(error).endsTransaction) transaction.ended ??= { error };
    throw error;
  }
}

/**
 * Runs `$transaction(callback)` as one unit. Lost before the callback began, it begins again; the callback runs once, and its own error
 * comes back unchanged. A failure that the callback swallowed and that ended its transaction is not committed over.
 *
 * @param send Prisma's own `$transaction`
 * @throws what the callback threw; OutcomeUnknownError when COMMIT got no answer; what beginning failed with
 */
export function runInteractive(
  layer: ResilienceLayer,
  callback: TransactionCallback,
  send: (callback: TransactionCallback) => Promise<unknown>,
): Promise<unknown> {
  let phase: 'beginning' | 'running' | 'committing' = 'beginning';
  const operation: Operation = {
    kind: 'transaction',
    idempotent: false,
    isSafeRead: () => false,
    isHandedOver: () => phase !== 'beginning',
    judge: (failure, error) => (phase === 'beginning' ? notBegun(failure) : judgeCommit(failure, error)),
  };
  return layer.run(operation, async (attempt) => {
    // The callback takes as long as it takes; its statements have limits of their own.
    attempt.delegated = true;
    return send(async (tx) => {
      phase = 'running';
      try {
        const result = await guarded(tx, callback);
        phase = 'committing';
        return result;
      } catch (error) {
        attempt.final = { error: reasonOr(error, layer.policy.signal) };
        throw error;
      }
    });
  });
}

/** The reason of the caller's signal for what it broke off. Not where nobody can know what became of that. */
function reasonOr(error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted !== true || isGoneAwayError(error)) return error;
  return classify(error).kind === 'aborted' ? signal.reason : error;
}

async function guarded(tx: object, callback: TransactionCallback): Promise<unknown> {
  const id = transactionIdOf(tx);
  const transaction: OpenTransaction = { ended: undefined };
  if (id !== undefined) open.set(id, transaction);
  try {
    const result = await outsideCalls(() => callback(tx));
    if (transaction.ended !== undefined) throw transaction.ended.error;
    return result;
  } finally {
    if (id !== undefined) open.delete(id);
  }
}

/** Nothing of the user's was sent, whatever became of BEGIN. */
function notBegun(failure: Failure): Failure {
  return failure.outcome === 'failed' ? failure : refined(failure, { outcome: 'not-executed' });
}

/** Where nobody watched the wire, "closed" may be what an adapter says after a COMMIT that was lost. */
function judgeCommit(failure: Failure, error: unknown): Failure {
  return failure.kind === 'closed' && failure.transient && !hasEvidence(error)
    ? refined(failure, { outcome: 'unknown' })
    : failure;
}

import { abortReasonOr, classify, type Operation } from '../../src/index.ts';
import type { ResilientClient } from './client.ts';
import type { Lease } from './lease.ts';

/** How a binding begins a transaction on a connection. */
export interface BeginSteps<Tx> {
  /** Makes the binding's transaction object on this connection; sends nothing. */
  open(lease: Lease): Tx;
  /** Sends what precedes the user's own statements: SET TRANSACTION, BEGIN. */
  begin(tx: Tx): Promise<unknown>;
}

/** How a binding ends one. */
export interface EndSteps<Tx> {
  commit(tx: Tx): Promise<unknown>;
  rollback(tx: Tx): Promise<unknown>;
}

/** How a binding speaks a transaction on a connection. Each step sends through the ORM, so that its logger sees it. */
export interface TransactionSteps<Tx, T> extends BeginSteps<Tx>, EndSteps<Tx> {
  /** The user's callback. */
  body(tx: Tx): Promise<T>;
}

/** What came of an attempt whose end is certain, and which is therefore not for the executor to judge. */
type Ended<T> = { readonly result: T } | { readonly thrown: unknown };

/**
 * Runs a transaction as one unit on one connection.
 *
 * Lost before its callback ran, it begins again on another connection. Once the callback ran, nothing is repeated: its own error comes
 * back unchanged, whatever happens to the connection meanwhile; a connection lost before COMMIT was sent ends with the first error
 * that was seen on it; a COMMIT that was sent and not answered is unknown.
 *
 * @throws what the callback threw; OutcomeUnknownError; what `begin` failed with
 */
export async function runTransaction<Tx, T>(client: ResilientClient, steps: TransactionSteps<Tx, T>): Promise<T> {
  const { core, policy } = client;
  let callbackRan = false;
  const operation: Operation = {
    kind: 'transaction',
    idempotent: false,
    isSafeRead: () => false,
    isHandedOver: () => callbackRan,
  };
  const ended = await core.executor.run<Ended<T>>(operation, policy, async ({ deadline }) => {
    const lease = await core.acquire(policy, deadline, false);
    try {
      const tx = await beginOn(lease, steps);
      callbackRan = true;
      return await finish(lease, tx, steps);
    } finally {
      lease.release();
    }
  });
  if (!('thrown' in ended)) return ended.result;
  throw abortReasonOr(ended.thrown, policy.signal);
}

/** Begins a transaction; a lease on which that fails is destroyed. */
export async function beginOn<Tx>(lease: Lease, steps: BeginSteps<Tx>): Promise<Tx> {
  lease.preparing = true;
  try {
    const tx = steps.open(lease);
    await steps.begin(tx);
    return tx;
  } catch (error) {
    // A SET TRANSACTION that succeeded would still apply to the next transaction of this connection.
    lease.destroy(lease.isLost ? 'lost' : 'dirty');
    throw error;
  } finally {
    lease.preparing = false;
  }
}

async function finish<Tx, T>(lease: Lease, tx: Tx, steps: TransactionSteps<Tx, T>): Promise<Ended<T>> {
  let result: T;
  try {
    result = await steps.body(tx);
  } catch (thrown) {
    if (isUnknown(lease, thrown)) throw thrown;
    await rollBackOn(lease, tx, steps);
    return { thrown };
  }
  return (await commitOn(lease, tx, steps)) ?? { result };
}

/**
 * Commits, or rolls back where there is nothing left to commit.
 *
 * @returns what ended the transaction instead, if it was certainly not committed
 * @throws what COMMIT failed with, if nobody can know whether it was committed
 */
export async function commitOn<Tx>(
  lease: Lease,
  tx: Tx,
  steps: EndSteps<Tx>,
): Promise<{ readonly thrown: unknown } | undefined> {
  const { transactionEnd } = lease;
  if (transactionEnd !== undefined) {
    // An error that ended the transaction was swallowed: there is nothing left to commit, and COMMIT would succeed at it.
    await rollBackOn(lease, tx, steps);
    return { thrown: transactionEnd.error };
  }
  try {
    await steps.commit(tx);
    return undefined;
  } catch (error) {
    const failure = classify(error);
    if (failure.outcome === 'unknown') throw error;
    await rollBackOn(lease, tx, steps);
    return { thrown: lease.transactionEnd?.error ?? error };
  }
}

/** The callback failed by a statement that may have ended the transaction by itself (DDL, a COMMIT of its own) and got no answer. */
function isUnknown(lease: Lease, thrown: unknown): boolean {
  const { firstFailure } = lease;
  if (firstFailure?.failure.outcome !== 'unknown') return false;
  for (let error = thrown, depth = 0; depth < 10 && typeof error === 'object' && error !== null; depth += 1) {
    if (error === firstFailure.error) return true;
    error = (error as { cause?: unknown }).cause;
  }
  return false;
}

/** Rolls back and leaves nothing behind; what goes wrong here must not take the place of the error that led here. */
export async function rollBackOn<Tx>(lease: Lease, tx: Tx, steps: EndSteps<Tx>): Promise<void> {
  if (!lease.isLost) {
    try {
      await steps.rollback(tx);
      return;
    } catch {
      // The connection is of no further use; the server rolls back when it is gone.
    }
  }
  lease.destroy('lost');
}

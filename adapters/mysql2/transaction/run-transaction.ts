import {
  abortReasonOr,
  causesOf,
  classify,
  currentTransaction,
  findTransactionOn,
  isGivenUp,
  type OneTransactionPolicy,
  type TransactionContext,
  TransactionScope,
  transactionOperation,
} from '../../../src/internal.ts';
import type { CompletedClaim, LedgerClaim } from '../ledger/ledger-claim.ts';
import { LedgerTransaction } from '../ledger/ledger-transaction.ts';
import type { Lease } from '../pool/lease.ts';
import type { LeaseClient } from '../pool/lease-client.ts';
import type { PoolUse } from '../pool/pool-use.ts';
import { firstErrorBehind } from './refused-statement.ts';
import { TransactionUnit } from './transaction-unit.ts';

/** What came of something that is not for the executor to judge any more. */
type Conclusion<T> = { readonly result: T } | { readonly thrown: unknown };

/** How a binding ends a transaction. Each step sends through the ORM, so that its logger sees it. */
export interface EndSteps<Tx> {
  commit(tx: Tx): Promise<unknown>;
  rollback(tx: Tx): Promise<unknown>;
}

/** How a binding speaks a transaction. */
export interface TransactionSteps<Tx, T> extends EndSteps<Tx> {
  /** Makes the binding's transaction object on this connection: one for the user, and one for the other steps. Sends nothing. */
  open(connection: LeaseClient): Tx;
  /** Sends what precedes the user's own statements: SET TRANSACTION, BEGIN. */
  begin(tx: Tx): Promise<unknown>;
  /** The user's callback. */
  body(tx: Tx, context: TransactionContext): Promise<T>;
}

/**
 * Runs a transaction as one unit.
 *
 * Lost before its callback ran, it begins again on another connection; so it does when the first statement of the callback was certainly not
 * executed. From then on the callback runs again only if `rerun` is set, and only when the server has certainly undone what it did.
 * Its own error comes back unchanged, whatever happens to the connection meanwhile; a connection lost before COMMIT was sent ends with the
 * first error that was seen on it; a COMMIT that was sent and not answered is unknown, unless `exactlyOnce` settles it.
 *
 * Inside the callback of another transaction on the same pool that may run again, the outer one decides.
 *
 * @throws what the callback threw; OutcomeUnknownError; RetriesExhaustedError; what `begin` failed with
 */
export async function runTransaction<Tx, T>(
  use: PoolUse,
  options: Omit<OneTransactionPolicy, 'idempotencyKey'> & Partial<OneTransactionPolicy>,
  steps: TransactionSteps<Tx, T>,
): Promise<T> {
  const { core, policy } = use;
  const around = currentTransaction();
  const enclosing = findTransactionOn(core.pool, around);
  const { rerun, exactlyOnce, idempotencyKey } = options;
  const scope = rerun && enclosing === undefined ? new TransactionScope(core.pool) : undefined;
  const ledger = exactlyOnce ? new LedgerTransaction(use, { idempotencyKey }) : undefined;
  const endUnderWay = around?.noteUnderWay?.();
  let runs = 0;
  /** Of the last run. */
  let isWhole = true;
  const operation = transactionOperation(() => runs > 0 && (scope === undefined || scope.lastsBeyond || !isWhole));
  try {
    const conclusion = await core.executor.run<Conclusion<T>>(operation, policy, async ({ patience }) => {
      const connection = new TransactionUnit(use, await core.acquire(policy, patience, false));
      try {
        use.onRun?.(patience);
        const { deadline } = patience;
        const own = steps.open(connection.ownSide);
        const checked = await ledger?.checkTable(connection.lease, deadline);
        const claim = await connection.begin(async (until) => {
          await steps.begin(own);
          return checked?.claimToken(connection.lease, until);
        }, deadline);
        if (claim?.kind === 'stored') return claim.stored as Conclusion<T>;
        runs += 1;
        const context = Object.freeze({ attempt: runs });
        const tx = steps.open(connection);
        const body = () => steps.body(tx, context);
        const bodyInScope = scope === undefined ? body : () => scope.run(body);
        const ended = await runAndCommit(connection, own, steps, bodyInScope, claim);
        if (!('thrown' in ended)) return ended;
        if (comesFrom(ended.thrown, (link) => connection.lease.hasSeen(link))) enclosing?.noteFailure?.(ended.thrown);
        // What the server has undone is for the executor: it knows whether it may run again, and how often.
        if (scope !== undefined && connection.isWhole && isUndone(connection.lease, scope, ended.thrown))
          throw ended.thrown;
        return ended;
      } finally {
        isWhole = connection.isWhole;
        connection.lease.release();
      }
    });
    if (!('thrown' in conclusion)) {
      around?.noteLasting?.();
      return conclusion.result;
    }
    throw abortReasonOr(conclusion.thrown, policy.signal);
  } catch (error) {
    if (around !== undefined && classify(error).outcome === 'unknown') around.noteLasting?.();
    throw error;
  } finally {
    scope?.end();
    endUnderWay?.();
  }
}

async function runAndCommit<Tx, T>(
  connection: TransactionUnit,
  own: Tx,
  steps: EndSteps<Tx>,
  body: () => Promise<T>,
  claim: LedgerClaim | undefined,
): Promise<Conclusion<T>> {
  let result: T;
  let completed: CompletedClaim | undefined;
  try {
    result = await body();
    await connection.finish();
    const { endedBy } = connection;
    // An error that ended the transaction was swallowed: there is nothing left to commit, and COMMIT would succeed at it.
    if (endedBy !== undefined) throw endedBy.error;
    completed = await claim?.completeRow(claim.encodeResult(result));
  } catch (error) {
    await connection.abandon();
    const thrown = firstErrorBehind(error);
    if (claim?.stored !== undefined) return claim.stored as Conclusion<T>;
    if (isUnknown(connection.lease, thrown)) throw thrown;
    await rollBackOn(connection.lease, own, steps);
    return { thrown };
  }
  try {
    return (await commitOn(connection.lease, own, steps)) ?? { result };
  } catch (error) {
    if (completed === undefined) throw error;
    await completed.settleCommit(error);
    return { result };
  }
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
    const ended = lease.transactionEnd;
    await rollBackOn(lease, tx, steps);
    // What happens to the connection from here on proves nothing: the server had COMMIT, and said something else of it than that it was undone.
    return { thrown: failure.outcome === 'failed' ? error : (ended?.error ?? error) };
  }
}

/** The callback failed by a statement that may have ended the transaction by itself (DDL, a COMMIT of its own) and got no answer. */
function isUnknown(lease: Lease, thrown: unknown): boolean {
  const { firstFailure } = lease;
  return firstFailure?.failure.outcome === 'unknown' && comesFrom(thrown, (link) => link === firstFailure.error);
}

/** It failed by what happened on its own connection, or to a transaction inside of it, and the server has undone it. Not what was retried for long enough. */
function isUndone(lease: Lease, scope: TransactionScope, thrown: unknown): boolean {
  if (isGivenUp(thrown)) return false;
  if (!comesFrom(thrown, (link) => lease.hasSeen(link) || scope.hasSeen(link))) return false;
  const { outcome } = classify(thrown);
  return outcome === 'rolled-back' || outcome === 'not-executed';
}

function comesFrom(thrown: unknown, isOrigin: (link: object) => boolean): boolean {
  return causesOf(thrown).some((link) => typeof link === 'object' && link !== null && isOrigin(link));
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

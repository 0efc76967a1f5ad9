import {
  abortReasonOr,
  causesOf,
  classify,
  currentTransaction,
  type Failure,
  findTransactionOn,
  isGivenUp,
  isGoneAwayError,
  isObject,
  type OneTransactionPolicy,
  type TransactionContext,
  TransactionScope,
  transactionOperation,
} from '../../../src/internal.ts';
import { adapterInfo } from '../bridge/adapter-info.ts';
import { currentCall, LedgerTicket, outsideCalls } from '../bridge/call-scope.ts';
import type { Attempt, OperationRunner } from './operation-runner.ts';
import { nextTurn } from './operations-together.ts';
import { adapterNameOf } from './prisma-internals.ts';
import { RunningTransaction } from './running-transaction.ts';
import { hasEvidence, markPartOnly, refineFailure } from './verdict.ts';

/** The user's callback, with the client of the transaction. */
export type TransactionCallback = (tx: object, context: TransactionContext) => unknown;

/**
 * Runs `$transaction(callback)` as one unit. Lost before the callback began, it begins again. From then on the callback runs again only if
 * `rerun` is set, and only when the server has certainly undone what it did; its own error comes back unchanged. A failure that the
 * callback swallowed and that ended its transaction is not committed over.
 *
 * @param send Prisma's own `$transaction`
 * @throws what the callback threw; OutcomeUnknownError when COMMIT got no answer; RetriesExhaustedError; what beginning failed with
 */
export async function runInteractive(
  runner: OperationRunner,
  { rerun, idempotencyKey }: OneTransactionPolicy,
  callback: TransactionCallback,
  send: (callback: TransactionCallback, attempt: Attempt) => Promise<unknown>,
): Promise<unknown> {
  const around = currentTransaction();
  const enclosing = findTransactionOn(runner.shared, around);
  const scope = rerun && enclosing === undefined ? new TransactionScope(runner.shared) : undefined;
  const endUnderWay = around?.noteUnderWay?.();
  let phase = 'beginning' as 'beginning' | 'running' | 'committing';
  let runs = 0;
  /** What the callback failed with, where the server has undone it. */
  let undone: { readonly error: unknown } | undefined;
  /** Of the run that is under way, or was the last one. */
  let current: RunningTransaction | undefined;
  const operation = transactionOperation(
    () => runs > 0 && (scope === undefined || scope.lastsBeyond || current?.isWhole === false),
    (failure, error) => {
      if (phase === 'beginning') return refineBeginFailure(failure);
      if (error !== undone?.error) return refineCommitFailure(failure, error, current?.isWhole === false);
      return failure.outcome === 'unknown' ? refineFailure(failure, { outcome: 'rolled-back' }) : failure;
    },
  );
  try {
    const work = async (attempt: Attempt) => {
      // The callback takes as long as it takes; its statements have limits of their own.
      attempt.delegated = true;
      phase = 'beginning';
      undone = undefined;
      current = undefined;
      const call = currentCall();
      const ticket = idempotencyKey === undefined ? undefined : giveTicket(idempotencyKey);
      const start = new AbortController();
      if (call !== undefined) call.start = start.signal;
      const sent = send(async (tx) => {
        if (ticket !== undefined && ticket.claim === undefined) throw notClaimed();
        phase = 'running';
        if (call !== undefined) call.callbackRuns = true;
        runs += 1;
        const context = Object.freeze({ attempt: runs });
        const transaction = new RunningTransaction(tx, runner.policy.signal);
        current = transaction;
        const end = () => waitForOthers(tx, transaction, sent);
        const body = () => runCallback(transaction, () => callback(tx, context), end);
        try {
          const result = await (scope === undefined ? body() : scope.run(body));
          ticket?.keepResult(result);
          phase = 'committing';
          return result;
        } catch (error) {
          const failedHere = transaction.hasUndone(error);
          if (failedHere) enclosing?.noteFailure?.(error);
          if (!transaction.isWhole) around?.noteLasting?.();
          const failedInside = causesOf(error).some((link) => isObject(link) && scope?.hasSeen(link) === true);
          const isUndone = transaction.isWhole && (failedHere || failedInside);
          const mayRunAgain = scope !== undefined && isUndone && !isGivenUp(error);
          undone = mayRunAgain ? { error } : undefined;
          // Where nobody can know what became of it, the reason of a signal must not take that away.
          const seen = isGoneAwayError(error) ? error : abortReasonOr(error, runner.policy.signal);
          if (undone === undefined) attempt.final = { error: seen };
          else attempt.failed = undone;
          throw error;
        } finally {
          if (call !== undefined) call.callbackRuns = false;
        }
      }, attempt);
      // After `maxWait`, say: a connection on which BEGIN has no answer is to be free then.
      sent.catch(() => start.abort());
      return ticket === undefined ? sent : takeStoredResult(ticket, sent);
    };
    const result = await runner.run(operation, work, { runsCallback: true });
    around?.noteLasting?.();
    return result;
  } catch (error) {
    if (phase === 'committing' && current?.isWhole === false) {
      markPartOnly(error);
      around?.noteLasting?.();
    }
    const { outcome } = classify(error);
    if (outcome === 'unknown') around?.noteLasting?.();
    else if (phase === 'committing' && (outcome === 'rolled-back' || outcome === 'not-executed')) {
      enclosing?.noteFailure?.(error);
    }
    throw error;
  } finally {
    scope?.end();
    endUnderWay?.();
  }
}

/** Tells the adapter that the next BEGIN is one with a key: Prisma passes it on in the context that this runs in. */
function giveTicket(idempotencyKey: string): LedgerTicket {
  const ticket = new LedgerTicket(idempotencyKey);
  const call = currentCall();
  if (call === undefined) throw new TypeError('An `idempotencyKey` has no way to the adapter here');
  call.ticket = ticket;
  return ticket;
}

/** Without a row in the ledger, another call with the same key would do it once more. */
function notClaimed(): TypeError {
  return new TypeError(
    'PrismaMySQL2 did not get the `idempotencyKey`: it is of another version of gone-away than resilience(). Nothing of the transaction was sent',
  );
}

/** What the ledger has for this key, where that is why the transaction did not begin, or did not go on. */
async function takeStoredResult(ticket: LedgerTicket, sent: Promise<unknown>): Promise<unknown> {
  try {
    return await sent;
  } catch (error) {
    if (ticket.stored === undefined) throw error;
    return ticket.stored.result;
  }
}

async function runCallback(
  transaction: RunningTransaction,
  callback: () => unknown,
  end: () => Promise<void>,
): Promise<unknown> {
  const forget = transaction.register();
  try {
    const result = await outsideCalls(async () => callback()).finally(end);
    if (transaction.ended !== undefined) throw transaction.ended.error;
    transaction.signal?.throwIfAborted();
    return result;
  } finally {
    forget();
  }
}

/**
 * What the callback has called and not waited for comes to its end before COMMIT or ROLLBACK. `PrismaMySQL2` sees to that by itself. Another driver may
 * send a statement in two messages, and COMMIT or ROLLBACK between them: what follows would be applied at once, and stay.
 *
 * @param sent what Prisma makes of the transaction
 */
async function waitForOthers(tx: object, transaction: RunningTransaction, sent: Promise<unknown>): Promise<void> {
  if (adapterNameOf(tx) === adapterInfo.adapterName) return;
  await nextTurn();
  await transaction.operations.settled();
  // Not before: what is under way may itself ask for something more, in a hook of somebody else's.
  const over = () => {};
  transaction.closing = sent.then(over, over);
}

/** Nothing of the user's was sent, whatever became of BEGIN. */
function refineBeginFailure(failure: Failure): Failure {
  return failure.outcome === 'failed' ? failure : refineFailure(failure, { outcome: 'not-executed' });
}

/** Where nobody watched the wire, "closed" may be what an adapter says after a COMMIT that was lost. */
function refineCommitFailure(failure: Failure, error: unknown, isPart: boolean): Failure {
  if (failure.kind === 'closed' && failure.transient && !hasEvidence(error)) {
    return refineFailure(failure, { outcome: 'unknown' });
  }
  const isUndone = failure.outcome === 'rolled-back' || failure.outcome === 'not-executed';
  return isPart && isUndone ? refineFailure(failure, { outcome: 'failed' }) : failure;
}

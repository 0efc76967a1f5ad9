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
import { isEndedByPrisma } from '../bridge/settled.ts';
import type { Attempt, OperationRunner } from './operation-runner.ts';
import { nextTurn, OperationsTogether, runStray } from './operations-together.ts';
import { adapterNameOf, transactionIdOf } from './prisma-internals.ts';
import type { PrismaOperation } from './prisma-operation.ts';
import { endsByOwnLimit, hasEvidence, refineFailure } from './verdict.ts';

/** The user's callback, with the client of the transaction. */
export type TransactionCallback = (tx: object, context: TransactionContext) => unknown;

/** What is known of a transaction while its callback runs. */
interface RunningTransaction {
  /** What ended it; the first one stays. */
  ended: { readonly error: unknown } | undefined;
  /** Nothing was sent in it that may have committed by itself, so that losing it undoes all of it. */
  isWhole: boolean;
  /** What operations in it failed with, where the server has undone them, and everything before them, or will when the transaction ends. */
  readonly undone: WeakSet<object>;
  readonly operations: OperationsTogether;
  /** Of the call: nothing more is sent once it has aborted. */
  readonly signal: AbortSignal | undefined;
  /** Its callback has ended, and its COMMIT or ROLLBACK is not to be passed by: comes when Prisma has answered that. */
  closing: Promise<unknown> | undefined;
}

const runningTransactions = new Map<string, RunningTransaction>();

/**
 * Runs one operation inside an interactive transaction: once. After a failure that ended the transaction nothing is let through any
 * more: the server would apply it at once, and it would stay. One that Prisma left out fails.
 */
export async function runInside(
  id: string | undefined,
  operation: () => PrismaOperation,
  query: () => PromiseLike<unknown>,
): Promise<unknown> {
  if (id === undefined) return query();
  const transaction = runningTransactions.get(id);
  if (transaction === undefined) return runStray(id, query);
  if (transaction.closing !== undefined) {
    await transaction.closing;
    return runStray(id, query);
  }
  if (transaction.ended !== undefined) throw transaction.ended.error;
  transaction.signal?.throwIfAborted();
  const described = operation();
  // What it has committed by itself, no later failure undoes.
  const mayCommit = described.mayEndTransaction();
  try {
    const result = await transaction.operations.run(query);
    if (mayCommit) transaction.isWhole = false;
    return result;
  } catch (error) {
    // Prisma has a code of its own for that, which it gives to whatever is asked in the transaction from now on.
    if (isEndedByPrisma(error)) return query();
    noteFailure(transaction, error, described, mayCommit);
    throw error;
  }
}

function noteFailure(
  transaction: RunningTransaction,
  error: unknown,
  operation: PrismaOperation,
  mayCommit: boolean,
): void {
  const failure = classify(error);
  if (failure.endsTransaction) transaction.ended ??= { error };
  if (mayCommit && failure.outcome !== 'not-executed') transaction.isWhole = false;
  const isUndoneByServer = isUndone(failure, hasEvidence(error)) && !endsByOwnLimit(failure, operation);
  if (transaction.isWhole && isUndoneByServer && isObject(error)) transaction.undone.add(error);
}

/**
 * Whether nothing is left of it once the transaction has ended. COMMIT comes after the callback, so that losing the connection inside of it
 * undoes everything, as far as it is whole. Where somebody watched the wire, he knows better.
 */
function isUndone({ outcome, kind, stillRunning }: Failure, isWatched: boolean): boolean {
  if (outcome === 'rolled-back' || outcome === 'not-executed') return true;
  return outcome === 'unknown' && kind === 'connection-lost' && !stillRunning && !isWatched;
}

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
  const operation = transactionOperation(
    () => runs > 0 && (scope === undefined || scope.lastsBeyond),
    (failure, error) => {
      if (phase === 'beginning') return refineBeginFailure(failure);
      if (error !== undone?.error) return refineCommitFailure(failure, error);
      return failure.outcome === 'unknown' ? refineFailure(failure, { outcome: 'rolled-back' }) : failure;
    },
  );
  try {
    const work = async (attempt: Attempt) => {
      // The callback takes as long as it takes; its statements have limits of their own.
      attempt.delegated = true;
      phase = 'beginning';
      undone = undefined;
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
        const transaction: RunningTransaction = {
          ended: undefined,
          isWhole: true,
          undone: new WeakSet(),
          operations: new OperationsTogether(),
          signal: runner.policy.signal,
          closing: undefined,
        };
        const end = () => waitForOthers(tx, transaction, sent);
        const body = () => runCallback(tx, transaction, () => callback(tx, context), end);
        try {
          const result = await (scope === undefined ? body() : scope.run(body));
          ticket?.keepResult(result);
          phase = 'committing';
          return result;
        } catch (error) {
          const failedHere = causesOf(error).some((link) => isObject(link) && transaction.undone.has(link));
          if (failedHere) enclosing?.noteFailure?.(error);
          const failedInside = causesOf(error).some((link) => isObject(link) && scope?.hasSeen(link) === true);
          const mayRunAgain = scope !== undefined && (failedHere || failedInside) && !isGivenUp(error);
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
  tx: object,
  transaction: RunningTransaction,
  callback: () => unknown,
  end: () => Promise<void>,
): Promise<unknown> {
  const id = transactionIdOf(tx);
  if (id !== undefined) runningTransactions.set(id, transaction);
  try {
    const result = await outsideCalls(async () => callback()).finally(end);
    if (transaction.ended !== undefined) throw transaction.ended.error;
    transaction.signal?.throwIfAborted();
    return result;
  } finally {
    if (id !== undefined) runningTransactions.delete(id);
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
function refineCommitFailure(failure: Failure, error: unknown): Failure {
  return failure.kind === 'closed' && failure.transient && !hasEvidence(error)
    ? refineFailure(failure, { outcome: 'unknown' })
    : failure;
}

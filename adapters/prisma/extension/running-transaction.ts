import { causesOf, classify, type Failure, isObject, propertyOf } from '../../../src/internal.ts';
import { isEndedByPrisma } from '../bridge/settled.ts';
import { OperationsTogether, runStray, type UnderWay } from './operations-together.ts';
import { askInside, transactionIdOf } from './prisma-internals.ts';
import { endsByOwnLimit, hasEvidence, isLockWait, markPartOnly } from './verdict.ts';

const runningTransactions = new Map<string, RunningTransaction>();

/** What is known of an interactive transaction while its callback runs. */
export class RunningTransaction {
  /** What ended it; the first one stays. */
  ended: { readonly error: unknown } | undefined;
  /** Nothing was sent in it that may have committed by itself, so that losing it undoes all of it. */
  isWhole = true;
  /** The server is asked whether it has ended the transaction, and nothing else is sent. */
  asking: Promise<boolean> | undefined;
  /** Its callback has ended, and its COMMIT or ROLLBACK is not to be passed by: comes when Prisma has answered that. */
  closing: Promise<unknown> | undefined;
  readonly operations: OperationsTogether = new OperationsTogether((error, one) => this.#noteFailure(error, one));
  /** Of the call: nothing more is sent once it has aborted. */
  readonly signal: AbortSignal | undefined;
  readonly #tx: object;
  /** What operations in it failed with. */
  readonly #failures = new WeakSet<object>();
  /** Those of them where the server has undone them, and everything before them, or will when the transaction ends: as far as it is whole. */
  readonly #undone = new WeakSet<object>();

  constructor(tx: object, signal: AbortSignal | undefined) {
    this.#tx = tx;
    this.signal = signal;
  }

  /** From now on {@link runInside} finds it; until what this returns is called. */
  register(): () => void {
    const id = transactionIdOf(this.#tx);
    if (id === undefined) return () => {};
    runningTransactions.set(id, this);
    return () => runningTransactions.delete(id);
  }

  /** Whether what its callback failed with says that nothing is left of it. Where a part of it stays, the error no longer says otherwise. */
  hasUndone(error: unknown): boolean {
    const links = causesOf(error).filter(isObject);
    if (this.isWhole) return links.some((link) => this.#undone.has(link));
    for (const link of links) if (this.#failures.has(link)) markPartOnly(link);
    return false;
  }

  /** @returns what is to be waited for before anybody hears of the failure */
  #noteFailure(error: unknown, one: UnderWay): Promise<void> | undefined {
    if (!isObject(error) || isEndedByPrisma(error) || this.#failures.has(error)) return undefined;
    this.#failures.add(error);
    const failure = classify(error);
    const isWatched = hasEvidence(error);
    if (one.operation.mayEndTransaction() && failure.outcome !== 'not-executed') this.isWhole = false;
    if (isUndone(failure, isWatched) && !endsByOwnLimit(failure, one.operation)) this.#undone.add(error);
    const isOpen = this.ended === undefined && !isWatched;
    if (isOpen && isLockWait(failure)) return this.#askAbout(error, this.operations.mayHaveWrittenBehind(one));
    // On a connection that lives, what was sent behind the rollback has committed by itself.
    if (isOpen && failure.endsTransaction && failure.invalidates === 'nothing') {
      this.isWhole &&= !this.operations.mayHaveWrittenBehind(one);
    }
    if (failure.endsTransaction) this.ended ??= { error };
    if (!this.isWhole && !isWatched) markPartOnly(error);
    return undefined;
  }

  /** Whether a lock wait timeout has ended the statement only, or the transaction, is a setting of the server that the error does not tell. */
  async #askAbout(error: object, mayHaveWrittenBehind: boolean): Promise<void> {
    this.asking ??= undoesAtTimeout(this.#tx);
    const { asking } = this;
    if (await asking) {
      this.ended ??= { error };
      if (mayHaveWrittenBehind) this.isWhole = false;
    }
    if (this.asking === asking) this.asking = undefined;
    if (!this.isWhole) markPartOnly(error);
  }
}

/**
 * Runs one operation inside an interactive transaction: once. After a failure that ended the transaction nothing is let through any
 * more: the server would apply it at once, and it would stay. One that Prisma left out fails.
 */
export async function runInside(
  id: string | undefined,
  describe: () => UnderWay,
  query: () => PromiseLike<unknown>,
): Promise<unknown> {
  if (id === undefined) return query();
  const transaction = runningTransactions.get(id);
  if (transaction === undefined) return runStray(id, query);
  if (transaction.closing !== undefined) {
    await transaction.closing;
    return runStray(id, query);
  }
  expectOpen(transaction);
  const one = describe();
  try {
    const result =
      transaction.asking === undefined
        ? await transaction.operations.run(query, one)
        : await transaction.operations.run(() => runAfterAnswer(transaction, query), { ...one, turn: undefined });
    // What it has committed by itself, no later failure undoes.
    if (one.operation.mayEndTransaction()) transaction.isWhole = false;
    return result;
  } catch (error) {
    // Prisma has a code of its own for that, which it gives to whatever is asked in the transaction from now on.
    if (isEndedByPrisma(error)) return query();
    throw error;
  }
}

function expectOpen({ ended, signal }: RunningTransaction): void {
  if (ended !== undefined) throw ended.error;
  signal?.throwIfAborted();
}

async function runAfterAnswer(transaction: RunningTransaction, query: () => PromiseLike<unknown>): Promise<unknown> {
  while (transaction.asking !== undefined) await transaction.asking;
  expectOpen(transaction);
  return query();
}

/** Whether the server undoes the transaction when a lock wait times out. Without an answer, it does. */
async function undoesAtTimeout(tx: object): Promise<boolean> {
  try {
    const rows = await askInside(tx, 'SELECT @@innodb_rollback_on_timeout AS answer');
    const answer = Array.isArray(rows) ? propertyOf(rows[0], 'answer') : undefined;
    return (typeof answer !== 'number' && typeof answer !== 'bigint') || Number(answer) !== 0;
  } catch {
    return true;
  }
}

/**
 * Whether nothing is left of it once the transaction has ended. COMMIT comes after the callback, so that losing the connection inside of it
 * undoes everything, as far as it is whole. Where somebody watched the wire, he knows better.
 */
function isUndone({ outcome, kind, stillRunning }: Failure, isWatched: boolean): boolean {
  if (outcome === 'rolled-back' || outcome === 'not-executed') return true;
  return outcome === 'unknown' && kind === 'connection-lost' && !stillRunning && !isWatched;
}

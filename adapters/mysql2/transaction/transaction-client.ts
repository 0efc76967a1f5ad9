import { causesOf, classify, evidenceOf, transactionOperation } from '../../../src/internal.ts';
import type { Lease, StatementLimits, StatementMethod, StatementResult } from '../pool/lease.ts';
import { LeaseClient } from '../pool/lease-client.ts';
import type { PoolUse } from '../pool/pool-use.ts';

/** What came of something that is not for the executor to judge any more. */
export type Conclusion<T> = { readonly result: T } | { readonly thrown: unknown };

/** A statement that is sent once more: alone in its transaction, and not executed. */
const firstStatement = transactionOperation(() => false);

/**
 * The statements of one transaction, on one connection.
 *
 * As long as nothing of it was executed, the transaction is clean: when its first statement is refused or meets a dead connection, it begins
 * again on another one, and that statement is sent there. The callback of the user does not notice.
 */
export class TransactionClient extends LeaseClient {
  readonly #use: PoolUse;
  readonly #limits: StatementLimits;
  #begin: (deadline: number) => Promise<unknown> = async () => {};
  #clean = true;
  #pending = 0;
  /** Why there is no connection any more to go on with. */
  #broken: { readonly error: unknown } | undefined;

  constructor(use: PoolUse, lease: Lease, limits: StatementLimits = use.policy) {
    super(lease, use.policy);
    this.#use = use;
    this.#limits = limits;
  }

  /** Nothing of the user's was executed yet, so that losing the connection loses nothing. */
  get isClean(): boolean {
    return this.#clean;
  }

  /**
   * Sends what precedes the user's own statements; a lease on which that fails is destroyed.
   *
   * @param begin sends it, through this client; called again for every connection that the transaction begins on, with a deadline of its own
   * @param deadline on the executor's clock, for the first time
   * @returns what `begin` has returned
   */
  async begin<T>(begin: (deadline: number) => Promise<T>, deadline: number): Promise<T> {
    this.#begin = begin;
    const { lease } = this;
    try {
      return await lease.prepare(() => begin(deadline));
    } catch (error) {
      // A SET TRANSACTION that succeeded would still apply to the next transaction of this connection.
      lease.destroy(lease.isLost ? 'lost' : 'dirty');
      throw error;
    }
  }

  override run(method: StatementMethod, sql: unknown, values: unknown): Promise<StatementResult> {
    if (this.#clean && !this.lease.preparing) return this.#runFirst(() => this.send(method, sql, values));
    return this.send(method, sql, values);
  }

  /** Sends a statement that is none of the user's, such as COMMIT. */
  send(
    method: StatementMethod,
    sql: unknown,
    values: unknown,
    limits: StatementLimits = this.#limits,
  ): Promise<StatementResult> {
    return this.#broken === undefined
      ? this.lease.run(method, sql, values, limits)
      : Promise.reject(this.#broken.error);
  }

  override stream(sql: unknown, values: unknown): AsyncGenerator<unknown, void, void> {
    this.#clean = false;
    return super.stream(sql, values);
  }

  async #runFirst(send: () => Promise<StatementResult>): Promise<StatementResult> {
    this.#pending += 1;
    try {
      const { firstFailure, isLost } = this.lease;
      // Nothing is written to a connection that is known to be lost: what has happened to it, happened before there was anything to execute.
      if (isLost && firstFailure !== undefined && this.#clean && this.#pending === 1) {
        return await this.#beginAgain(firstFailure.error, send);
      }
      const result = await send();
      this.#clean = false;
      return result;
    } catch (error) {
      // With others under way there is more than this statement in the transaction.
      if (this.#clean && this.#pending === 1 && wasNotExecuted(error)) {
        return await this.#beginAgain(error, send);
      }
      this.#clean = false;
      throw error;
    } finally {
      this.#pending -= 1;
    }
  }

  async #beginAgain(refused: unknown, send: () => Promise<StatementResult>): Promise<StatementResult> {
    const { core, policy } = this.#use;
    try {
      const conclusion = await core.executor.run<Conclusion<StatementResult>>(
        firstStatement,
        policy,
        async (context) => {
          if (context.attempt === 1) throw refused;
          this.lease.release();
          this.current = await core.acquire(policy, context.deadline, false);
          await this.begin(this.#begin, context.deadline);
          try {
            return { result: await send() };
          } catch (error) {
            if (wasNotExecuted(error)) throw error;
            return { thrown: error };
          }
        },
      );
      if ('result' in conclusion) return conclusion.result;
      throw conclusion.thrown;
    } catch (error) {
      if (this.lease.hasEnded) this.#broken = { error };
      throw error;
    } finally {
      this.#clean = false;
    }
  }
}

/** Where nothing but this statement was in the transaction: that was rolled back, for its connection was lost, and had nothing in it. */
function wasNotExecuted(error: unknown): boolean {
  const { outcome } = classify(error);
  if (outcome !== 'rolled-back') return outcome === 'not-executed';
  const evidence = causesOf(error)
    .map(evidenceOf)
    .find((found) => found !== undefined);
  return evidence !== undefined && evidence.progress !== 'written';
}

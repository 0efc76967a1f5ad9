import type { Failure, Operation, ReadVerdict, UnsafeRead } from '../../../src/internal.ts';
import type { Lease } from './lease.ts';
import { assertCommits, assertCommitted, refuseSessionBound } from './lone-statement.ts';
import type { PoolUse } from './pool-use.ts';
import { mayWrite } from './refusals.ts';
import type { SentStatement } from './sent-statement.ts';
import { CallTimeout, timeoutOf, withinTimeout } from './statement-timeout.ts';

/**
 * Runs one statement outside a transaction, as often as the policy and the evidence allow, each time on a lease of its own.
 *
 * @param sql the statement, in one of mysql2's forms
 * @param send sends the statement, as it is given to it
 * @param end what is done with each lease after `send`, also when that failed; left out: `send` sees to it
 * @param isHandedOver whether `send` has handed something on already; left out: nothing is, before it has ended well
 * @throws SessionBoundError for a statement that has no place on a pool; what the executor makes of the failure: OutcomeUnknownError, RetriesExhaustedError, or the error itself
 */
export function runStatement<T>(
  { core, policy: given }: PoolUse,
  sql: unknown,
  send: (lease: Lease, sql: unknown) => Promise<T>,
  end?: (lease: Lease) => void,
  isHandedOver: () => boolean = () => false,
): Promise<T> {
  const refusal = refuseSessionBound(sql);
  if (refusal !== undefined) return Promise.reject(refusal);
  const timeout = timeoutOf(sql);
  const policy = timeout === undefined ? given : withinTimeout(given, timeout);
  const limit = timeout === undefined ? undefined : new CallTimeout(timeout, core.environment.now);
  const operation = new StatementOperation(policy.idempotent, isHandedOver);
  return core.executor.run(operation, policy, async ({ patience }) => {
    const lease = await core.acquire(policy, patience, false, core.isRefused && mayWrite(sql));
    try {
      assertCommits(lease, sql);
      const answer = await send(lease, limit === undefined ? sql : limit.apply(sql, patience));
      assertCommitted(lease);
      return answer;
    } finally {
      operation.noteAttempt(lease);
      end?.(lease);
    }
  });
}

/** What the executor has to know of a statement. */
class StatementOperation implements Operation {
  readonly kind = 'statement';
  readonly idempotent: boolean;
  readonly isHandedOver: () => boolean;
  #sent: SentStatement | undefined;
  #mayLock = false;
  #verdict: ReadVerdict | undefined;

  constructor(idempotent: boolean, isHandedOver: () => boolean) {
    this.idempotent = idempotent;
    this.isHandedOver = isHandedOver;
  }

  /** Remembers what an attempt sent, and whether it could lock anything for longer than that. */
  noteAttempt(lease: Lease): void {
    this.#sent = lease.lastStatement;
    this.#mayLock = lease.commitsEachStatement;
  }

  isSafeRead(): boolean {
    this.#verdict = this.#sent?.judgeRead(this.#mayLock);
    return this.#verdict?.isSafe === true;
  }

  whyUnsafe(): UnsafeRead | undefined {
    return this.#verdict?.unsafe;
  }

  recallFailure(error: unknown): Failure | undefined {
    return this.#sent?.recallFailure(error);
  }
}

import { isSafeRead, type Operation } from '../../../src/internal.ts';
import type { Lease } from './lease.ts';
import type { PoolUse } from './pool-use.ts';

/**
 * Runs one statement outside a transaction, as often as the policy and the evidence allow, each time on a lease of its own.
 *
 * @param send sends the statement, and hands nothing to the caller before it returns
 * @param end what is done with each lease after `send`, also when that failed; left out: `send` sees to it
 * @throws what the executor makes of the failure: OutcomeUnknownError, RetriesExhaustedError, or the error itself
 */
export function runStatement<T>(
  { core, policy }: PoolUse,
  send: (lease: Lease) => Promise<T>,
  end?: (lease: Lease) => void,
): Promise<T> {
  const operation = new StatementOperation(policy.idempotent);
  return core.executor.run(operation, policy, async ({ deadline }) => {
    const lease = await core.acquire(policy, deadline, false);
    try {
      return await send(lease);
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
  #sent: Pick<Lease, 'sentSql'> | undefined;
  #mayLock = false;

  constructor(idempotent: boolean) {
    this.idempotent = idempotent;
  }

  /** Remembers the text as it went over the wire: parameters may bring SQL of their own (`mysql.raw()`). */
  noteAttempt(lease: Lease): void {
    this.#sent = lease;
    this.#mayLock = lease.commitsEachStatement;
  }

  isSafeRead(): boolean {
    const sql = this.#sent?.sentSql;
    return sql !== undefined && isSafeRead(sql, { mayLock: this.#mayLock });
  }

  /** Nothing of its answer is handed on before `send` has ended well. */
  isHandedOver(): boolean {
    return false;
  }
}

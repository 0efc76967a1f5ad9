import type {
  AttemptContext,
  Beginning,
  Failure,
  Operation,
  Patience,
  ReadVerdict,
  RetryPolicy,
  UnsafeRead,
} from '../../../src/internal.ts';
import { wantsCallerStack } from '../driver/pool.ts';
import { showCaller } from './caller-stack.ts';
import type { Lease, StatementMethod, StatementResult } from './lease.ts';
import { assertCommits, assertCommitted, refuseSessionBound } from './lone-statement.ts';
import type { PoolCore } from './pool-core.ts';
import type { PoolUse } from './pool-use.ts';
import { waitsUnsent } from './refusals.ts';
import type { SentStatement } from './sent-statement.ts';
import { timeoutOf, withinTimeout } from './statement-timeout.ts';

/**
 * Runs one statement outside a transaction, as often as the policy and the evidence allow, each time on a lease of its own.
 *
 * @param sql the statement, in one of mysql2's forms
 * @param send sends the statement
 * @param end what is done with each lease after `send`, also when that failed; left out: `send` sees to it
 * @param isHandedOver whether `send` has handed something on already; left out: nothing is, before it has ended well
 * @throws SessionBoundError for a statement that has no place on a pool; what the executor makes of the failure: OutcomeUnknownError, RetriesExhaustedError, or the error itself
 */
export function runStatement<T>(
  { core, policy: given }: PoolUse,
  sql: unknown,
  send: (lease: Lease) => Promise<T>,
  end?: (lease: Lease) => void,
  isHandedOver: () => boolean = notHandedOver,
): Promise<T> {
  const refusal = refuseSessionBound(sql);
  if (refusal !== undefined) return Promise.reject(refusal);
  const timeout = timeoutOf(sql);
  const policy = timeout === undefined ? given : withinTimeout(given, timeout);
  const operation = new StatementOperation(policy.idempotent, isHandedOver);
  return core.executor.run(operation, policy, ({ patience }) =>
    attemptStatement(core, policy, sql, patience, operation, send, end),
  );
}

/**
 * As {@link runStatement}, of a statement whose answer the caller gets as a whole. Every statement of a pool comes through here: while nothing fails and a connection lies idle, it
 * is sent in the turn of its call, and nothing is made for it but what could not be told without it.
 */
export async function sendStatement(
  { core, policy: given }: PoolUse,
  method: StatementMethod,
  sql: unknown,
  values: unknown,
): Promise<StatementResult> {
  const refusal = refuseSessionBound(sql);
  if (refusal !== undefined) throw refusal;
  const timeout = timeoutOf(sql);
  const policy = timeout === undefined ? given : withinTimeout(given, timeout);
  policy.signal?.throwIfAborted();
  let beginning: Beginning | undefined;
  let lease: Lease | undefined;
  let answer: StatementResult;
  try {
    lease = core.acquireNow(policy);
    if (lease === undefined) {
      beginning = core.executor.begin(policy);
      lease = await core.acquire(policy, beginning.patience, false, core.isRefused && waitsUnsent(sql));
    }
    assertCommits(lease, sql);
    answer = await lease.run(method, sql, values, policy);
    assertCommitted(lease);
  } catch (error) {
    const operation = new StatementOperation(policy.idempotent, notHandedOver);
    // Its statement was the first thing that was sent on it.
    beginning ??= { ...core.executor.begin(policy), ...(lease?.sentAt && { at: lease.sentAt }) };
    if (lease !== undefined) {
      operation.noteAttempt(lease);
      lease.release();
    }
    return await sendAgain(core, policy, method, sql, values, operation, error, beginning);
  }
  lease.release();
  core.executor.succeeded();
  return answer;
}

async function sendAgain(
  core: PoolCore,
  policy: RetryPolicy,
  method: StatementMethod,
  sql: unknown,
  values: unknown,
  operation: StatementOperation,
  error: unknown,
  beginning: Beginning,
): Promise<StatementResult> {
  const attempt = ({ patience }: AttemptContext) =>
    attemptStatement(
      core,
      policy,
      sql,
      patience,
      operation,
      (lease) => lease.run(method, sql, values, policy),
      release,
    );
  try {
    return await core.executor.recover(operation, policy, error, attempt, beginning);
  } catch (failure) {
    if (wantsCallerStack(core.pool)) showCaller(failure, sendAgain);
    throw failure;
  }
}

const notHandedOver = (): boolean => false;
const release = (lease: Lease): void => lease.release();

/** One attempt, on a lease of its own. */
async function attemptStatement<T>(
  core: PoolCore,
  policy: RetryPolicy,
  sql: unknown,
  patience: Patience,
  operation: StatementOperation,
  send: (lease: Lease) => Promise<T>,
  end: ((lease: Lease) => void) | undefined,
): Promise<T> {
  const lease = await core.acquire(policy, patience, false, core.isRefused && waitsUnsent(sql));
  try {
    assertCommits(lease, sql);
    const answer = await send(lease);
    assertCommitted(lease);
    return answer;
  } finally {
    operation.noteAttempt(lease);
    end?.(lease);
  }
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

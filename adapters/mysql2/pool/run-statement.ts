import type {
  AttemptContext,
  Beginning,
  Failure,
  Operation,
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
  end: (lease: Lease) => void = ignore,
  isHandedOver: () => boolean = notHandedOver,
): Promise<T> {
  const refusal = refuseSessionBound(sql);
  if (refusal !== undefined) return Promise.reject(refusal);
  const timeout = timeoutOf(sql);
  const policy = timeout === undefined ? given : withinTimeout(given, timeout);
  const limit = timeout === undefined ? undefined : new CallTimeout(timeout, core.environment.now);
  const operation = new StatementOperation(policy.idempotent, isHandedOver);
  return core.executor.run(operation, policy, attempts({ core, policy, sql, limit, operation, send, end }));
}

/**
 * As {@link runStatement}, of a statement whose answer the caller gets as a whole. Nearly every statement of a pool comes through here: while nothing fails and a connection lies
 * idle, it is sent in the turn of its call, and nothing is made for it but what could not be told without it.
 */
export async function sendStatement(
  use: PoolUse,
  method: StatementMethod,
  sql: unknown,
  values: unknown,
): Promise<StatementResult> {
  const refusal = refuseSessionBound(sql);
  if (refusal !== undefined) throw refusal;
  const { core, policy } = use;
  policy.signal?.throwIfAborted();
  // A limit of its own begins when the statement is first sent, and is for all that follows.
  if (timeoutOf(sql) !== undefined) {
    const send = (taken: Lease, toSend: unknown) => taken.run(method, toSend, values, policy);
    return await showingCaller(use, runStatement(use, sql, send, release));
  }
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
    const send = (taken: Lease) => taken.run(method, sql, values, policy);
    const statement = { core, policy, sql, limit: undefined, operation, send, end: release };
    return await sendAgain(statement, error, lease, beginning);
  }
  lease.release();
  core.executor.succeeded();
  return answer;
}

/** One statement, as it is to be sent until it has an answer. */
interface OneStatement<T> {
  readonly core: PoolCore;
  readonly policy: RetryPolicy;
  readonly sql: unknown;
  readonly limit: CallTimeout | undefined;
  readonly operation: StatementOperation;
  readonly send: (lease: Lease, sql: unknown) => Promise<T>;
  readonly end: (lease: Lease) => void;
}

/** @param lease the one of the first attempt, which failed with this error */
async function sendAgain<T>(
  statement: OneStatement<T>,
  error: unknown,
  lease: Lease | undefined,
  beginning: Beginning | undefined,
): Promise<T> {
  const { core, policy, operation } = statement;
  const now = core.executor.begin(policy);
  if (lease !== undefined) {
    operation.noteAttempt(lease);
    lease.release();
  }
  // What was sent first on that lease was this statement.
  const begun = beginning ?? (lease === undefined || lease.sentAt === 0 ? now : { ...now, at: lease.sentAt });
  return await showingCaller(statement, core.executor.recover(operation, policy, error, attempts(statement), begun));
}

/** To be awaited by whoever is awaited by the caller. */
async function showingCaller<T>({ core, policy }: Pick<PoolUse, 'core' | 'policy'>, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (failure) {
    if (wantsCallerStack(core.pool)) showCaller(failure, showingCaller, policy.signal);
    throw failure;
  }
}

const ignore = (): void => {};
const notHandedOver = (): boolean => false;
const release = (lease: Lease): void => lease.release();

/** Attempts, each on a lease of its own. */
function attempts<T>({ core, policy, sql, limit, operation, send, end }: OneStatement<T>) {
  return async ({ patience }: AttemptContext): Promise<T> => {
    const lease = await core.acquire(policy, patience, false, core.isRefused && waitsUnsent(sql));
    try {
      assertCommits(lease, sql);
      const answer = await send(lease, limit === undefined ? sql : limit.apply(sql, patience));
      assertCommitted(lease);
      return answer;
    } finally {
      operation.noteAttempt(lease);
      end(lease);
    }
  };
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

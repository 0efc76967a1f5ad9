import {
  type CallOptions,
  type ClientOptions,
  callPolicy,
  clientPolicy,
  Executor,
  type Failure,
  type Operation,
  type Patience,
  type RetryPolicy,
  timers,
} from '../../../src/internal.ts';
import { CallScope, outsideCalls } from '../bridge/call-scope.ts';
import { runWithinLimits } from './attempt-limits.ts';
import { isLateStart, isSettled, markSettledByRunner, refineFailure, unwrapError } from './verdict.ts';

/** One attempt, as those see it who do a part of the work further in. */
export interface Attempt {
  /** Another runner has taken over: limits are its business. */
  delegated: boolean;
  /** What it failed with, where Prisma's own error may be another one: to be refined in its place. */
  failed: { readonly error: unknown } | undefined;
  /** What it ended with, where nothing is to be decided about that: the caller gets it as it is. */
  final: { readonly error: unknown } | undefined;
}

/** What came of an attempt, as far as the executor may know. */
type AttemptResult<T> = { readonly result: T } | { readonly error: unknown };

/** A policy and the executor for it: what one `resilience()`, and each `$resilience()` on top of it, retries with. */
export class OperationRunner {
  readonly policy: RetryPolicy;
  readonly #executor: Executor;
  readonly #options: CallOptions;
  /** What the user asked for, and nothing else: the rest is for the adapter's own policy to say. */
  readonly #forAdapter: CallOptions | undefined;
  /** The user has said how long a transaction may wait to begin. */
  readonly #limitsStart: boolean;

  constructor(policy: RetryPolicy, options: CallOptions, executor: Executor, limitsStart: boolean) {
    this.policy = policy;
    this.#limitsStart = limitsStart;
    this.#executor = executor;
    this.#options = options;
    this.#forAdapter = selectAdapterOptions(options, policy);
  }

  /** The same for all runners that use one client of Prisma. */
  get shared(): object {
    return this.#executor;
  }

  /** @throws TypeError for an option that is unknown, out of range, or belongs to a pool */
  static create(options: ClientOptions | RetryPolicy | undefined): OperationRunner {
    const { policy, asked } = clientPolicy(options);
    return new OperationRunner(policy, asked, new Executor(policy), false);
  }

  /**
   * The same budget with other options.
   *
   * @throws TypeError for an option that is unknown, out of range, or belongs to the pool
   */
  with(options: CallOptions): OperationRunner {
    return new OperationRunner(
      callPolicy(this.policy, options),
      { ...this.#options, ...omitUndefined(options) },
      this.#executor,
      this.#limitsStart,
    );
  }

  /** The same for transactions that begin within Prisma's `maxWait`, or not at all: Prisma's own default is nobody's wish. */
  limitingStart(): OperationRunner {
    return this.#limitsStart ? this : new OperationRunner(this.policy, this.#options, this.#executor, true);
  }

  /**
   * Runs work until it is done, or nothing more can be done about it.
   *
   * @throws as {@link Executor.run}; errors of this package as they are, not as Prisma wraps them
   */
  async run<T>(operation: Operation, work: (attempt: Attempt) => PromiseLike<T>): Promise<T> {
    const refined: Operation = Object.create(operation, {
      refineFailure: { value: (failure: Failure, error: unknown) => this.#refineFailure(operation, failure, error) },
    });
    try {
      const ended = await this.#executor.run(refined, this.policy, ({ attempt, patience }) =>
        this.#attempt(operation, work, this.#scopeFor(operation.kind === 'transaction', attempt, patience)),
      );
      if ('error' in ended) throw ended.error;
      return ended.result;
    } catch (error) {
      markSettledByRunner(error);
      throw error;
    }
  }

  /** @throws what is for the executor to decide about */
  async #attempt<T>(
    operation: Operation,
    work: (attempt: Attempt) => PromiseLike<T>,
    scope: CallScope | undefined,
  ): Promise<AttemptResult<T>> {
    const attempt: Attempt = { delegated: false, failed: undefined, final: undefined };
    const isLeftToOthers = () => attempt.delegated || scope?.reachedAdapter === true;
    const begin = () => (scope === undefined ? outsideCalls(() => work(attempt)) : scope.run(() => work(attempt)));
    try {
      return { result: await runWithinLimits(begin, this.policy, isLeftToOthers) };
    } catch (wrapped) {
      if (attempt.final !== undefined) return attempt.final;
      if (attempt.failed !== undefined) throw attempt.failed.error;
      const error = unwrapError(wrapped, this.policy.signal);
      if (isSettled(error, operation)) return { error };
      throw error;
    }
  }

  #refineFailure(operation: Operation, failure: Failure, error: unknown): Failure {
    const known = operation.refineFailure?.(failure, error) ?? failure;
    if (this.#limitsStart && isLateStart(known)) return refineFailure(known, { kind: 'limit' });
    const isOurs = known.kind !== 'aborted' || this.policy.signal?.aborted === true;
    // The signal of somebody else whose read Prisma had put into the same statement.
    return isOurs ? known : refineFailure(known, { kind: 'connection-lost' });
  }

  /** The first attempt with what the user asked for; later ones with what is left of the time. */
  #scopeFor(isTransaction: boolean, attempt: number, { deadline }: Patience): CallScope | undefined {
    const options = this.#forAdapter;
    if (attempt === 1) return isTransaction || options !== undefined ? new CallScope(options) : undefined;
    return new CallScope({ ...options, maxRetryTime: Math.max(0, deadline - timers.now()) });
  }
}

/** Undefined if there is nothing to tell the adapter. */
function selectAdapterOptions(options: CallOptions, { minTimeout, maxTimeout }: RetryPolicy): CallOptions | undefined {
  const { idempotent: _idempotent, ...asked } = omitUndefined(options);
  if (Object.keys(asked).length === 0) return undefined;
  // One of the two may not fit the other one of the adapter's policy.
  return 'minTimeout' in asked || 'maxTimeout' in asked ? { ...asked, minTimeout, maxTimeout } : asked;
}

/** Without keys that are present but undefined: they mean "as before". */
function omitUndefined(options: CallOptions): CallOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

import {
  type CallOptions,
  type ClientOptions,
  callPolicy,
  clientPolicy,
  type Evidence,
  Executor,
  type Failure,
  isError,
  longestTimer,
  neverAcquired,
  type Operation,
  type Patience,
  type RetryPolicy,
  timers,
} from '../../../src/internal.ts';
import { CallScope, outsideCalls } from '../bridge/call-scope.ts';
import { type FirstQuestion, firstQuestionOf } from '../bridge/first-question.ts';
import { toPrismaError } from '../errors/to-prisma-error.ts';
import { goesOn, runWithinLimits } from './attempt-limits.ts';
import { HandOver } from './hand-over.ts';
import { adapterOf, asPrismaError, type HooksInside, lateStartError } from './prisma-internals.ts';
import { isLateStart, isSettled, markSettledByRunner, refineFailure, unwrapError } from './verdict.ts';

/** One attempt, as those see it who do a part of the work further in. */
export interface Attempt {
  /** Another runner has taken over: limits are its business. */
  delegated: boolean;
  /** What it failed with, where Prisma's own error may be another one: to be refined in its place. */
  failed: { readonly error: unknown } | undefined;
  /** What it ended with, where nothing is to be decided about that: the caller gets it as it is. */
  final: { readonly error: unknown } | undefined;
  /** For how long it has waited before it was handed to Prisma, in milliseconds. */
  waited: number;
}

/** Where the operations of a runner go. */
interface Client {
  readonly client: object;
  /** Undefined with an adapter of somebody else: nobody asks it before Prisma does. */
  readonly question: FirstQuestion | undefined;
  readonly handOver: HandOver;
}

/** How an operation comes to Prisma, and what it does there. */
interface WayToPrisma {
  /** The hooks that it passes. */
  readonly inside?: HooksInside;
  /** It may last for as long as code of the user's does: `$disconnect()` does not wait for its end. */
  readonly runsCallback?: boolean;
}

/** Work that no hook stands in front of. */
const nothingInside: HooksInside = { hasOwn: false, hasOthers: false };

/** The user has said how long a transaction may wait to begin. */
interface StartLimit {
  /** Until it is with Prisma, in milliseconds; undefined where Prisma alone counts. */
  readonly within: number | undefined;
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
  readonly #start: StartLimit | undefined;
  /** Undefined until it is known which client that is. */
  readonly #on: Client | undefined;

  private constructor(
    policy: RetryPolicy,
    options: CallOptions,
    executor: Executor,
    start: StartLimit | undefined,
    on: Client | undefined,
  ) {
    this.policy = policy;
    this.#start = start;
    this.#on = on;
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
    return new OperationRunner(policy, asked, new Executor(policy), undefined, undefined);
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
      this.#start,
      this.#on,
    );
  }

  /** The same for the operations of one client. */
  on(client: object): OperationRunner {
    const on = { client, question: firstQuestionOf(adapterOf(client)), handOver: this.#on?.handOver ?? new HandOver() };
    return new OperationRunner(this.policy, this.#options, this.#executor, this.#start, on);
  }

  /**
   * The same for transactions that begin within Prisma's `maxWait`, or not at all: Prisma's own default is nobody's wish.
   *
   * @param maxWait in milliseconds, as the user has given it; left out: Prisma counts
   */
  limitingStart(maxWait?: unknown): OperationRunner {
    const within = typeof maxWait === 'number' ? Math.min(maxWait, longestTimer) : undefined;
    return new OperationRunner(this.policy, this.#options, this.#executor, { within }, this.#on);
  }

  /** Ends when every operation that was called is with Prisma, or has ended. */
  async beforeDisconnect(): Promise<void> {
    await this.#on?.handOver.beforeDisconnect();
  }

  /**
   * Runs work until it is done, or nothing more can be done about it. Once somebody has disconnected the client, nothing is tried again: that would
   * connect once more.
   *
   * @param way left out: the work passes no hook, and runs no code of the user's
   * @throws as {@link Executor.run}; errors of this package as they are, not as Prisma wraps them
   */
  async run<T>(
    operation: Operation,
    work: (attempt: Attempt) => PromiseLike<T>,
    { inside = nothingInside, runsCallback = false }: WayToPrisma = {},
  ): Promise<T> {
    /** The last one; but where an attempt may have been applied, that of the first such. */
    let heard: { readonly error: unknown; readonly outcome: Failure['outcome'] } | undefined;
    const refined: Operation = Object.create(operation, {
      refineFailure: {
        value: (failure: Failure, error: unknown) => {
          const known = this.#refineFailure(operation, failure, error);
          if (heard?.outcome !== 'unknown') heard = { error, outcome: known.outcome };
          return known;
        },
      },
    });
    const on = this.#on;
    const coming = on?.handOver.enter();
    const disconnects = on?.handOver.disconnects;
    const give = (attempt: Attempt): PromiseLike<T> => {
      if (runsCallback) coming?.over();
      else coming?.given();
      return work(attempt);
    };
    try {
      const ended = await this.#executor.run(refined, this.policy, async ({ attempt, patience }) => {
        if (heard !== undefined && on?.handOver.disconnects !== disconnects) return { error: heard.error };
        const scope = this.#scopeFor(operation.kind === 'transaction', attempt, patience);
        const question = inside.hasOwn ? undefined : on?.question;
        return on === undefined || question === undefined || question.isAnswered
          ? await this.#attempt(operation, give, scope, inside, 0)
          : await this.#askAndAttempt(on.client, question, operation, give, scope, inside);
      });
      if ('error' in ended) throw ended.error;
      return ended.result;
    } catch (error) {
      markSettledByRunner(error);
      throw error;
    } finally {
      coming?.over();
    }
  }

  /** What Prisma has to know first is asked within the limits of this call, and before anything of it is with Prisma. */
  async #askAndAttempt<T>(
    client: object,
    question: FirstQuestion,
    operation: Operation,
    work: (attempt: Attempt) => PromiseLike<T>,
    scope: CallScope | undefined,
    inside: HooksInside,
  ): Promise<AttemptResult<T>> {
    const startedAt = timers.now();
    const asked = await this.#ask(client, question, scope);
    // The pool has done with the caller's own policy what can be done about it.
    if ('error' in asked) return asked;
    try {
      return await this.#attempt(operation, work, scope, inside, timers.now() - startedAt);
    } finally {
      asked.leave();
    }
  }

  /** Ends with what the caller would have got if Prisma had asked. */
  async #ask(
    client: object,
    question: FirstQuestion,
    scope: CallScope | undefined,
  ): Promise<{ readonly leave: () => void } | { readonly error: unknown }> {
    const { signal } = this.policy;
    const within = this.#start?.within;
    const start = within === undefined ? undefined : new AbortController();
    const timer = start && timers.setTimeout(() => start.abort(), within ?? 0);
    const ask = () => question.ask(start?.signal);
    try {
      return { leave: await (scope === undefined ? outsideCalls(ask) : scope.run(ask)) };
    } catch (error) {
      if (signal?.aborted === true && error === signal.reason) return { error };
      if (start?.signal.aborted === true && error === start.signal.reason) {
        return { error: asPrismaError(client, lateStartError()) };
      }
      const told = toPrismaError(error);
      return { error: unwrapError(isError(told) ? asPrismaError(client, told) : told, signal) };
    } finally {
      timers.clearTimeout(timer);
    }
  }

  /** @throws what is for the executor to decide about */
  async #attempt<T>(
    operation: Operation,
    work: (attempt: Attempt) => PromiseLike<T>,
    scope: CallScope | undefined,
    { hasOwn, hasOthers }: HooksInside,
    waited: number,
  ): Promise<AttemptResult<T>> {
    const attempt: Attempt = { delegated: false, failed: undefined, final: undefined, waited };
    const isLeftToOthers = () => attempt.delegated || scope?.reachedAdapter === true;
    const begin = () => (scope === undefined ? outsideCalls(() => work(attempt)) : scope.run(() => work(attempt)));
    const giveUp = (): Evidence => {
      if (scope === undefined || this.#on?.question === undefined) return goesOn;
      scope.isGivenUp = true;
      // Another hook may have taken it out of this context. Of a batch, the first one of its turn has brought it to the adapter.
      return hasOwn || hasOthers || operation.kind === 'transaction' ? goesOn : neverAcquired;
    };
    try {
      return { result: await runWithinLimits(begin, this.policy, isLeftToOthers, giveUp) };
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
    if (this.#start !== undefined && isLateStart(known)) return refineFailure(known, { kind: 'limit' });
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

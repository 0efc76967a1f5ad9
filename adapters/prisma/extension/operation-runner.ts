import {
  type CallOptions,
  type ClientOptions,
  callPolicy,
  clientPolicy,
  Executor,
  type Failure,
  type Operation,
  type RetryPolicy,
} from '../../../src/internal.ts';
import { CallScope, outsideCalls } from '../bridge/call-scope.ts';
import { withinLimits } from './attempt-limits.ts';
import { isSettled, markSettledByLayer, refined, unwrapped } from './verdict.ts';

/** One attempt, as those see it who do a part of the work further in. */
export interface Attempt {
  /** Another layer has taken over: limits are its business. */
  delegated: boolean;
  /** What it failed with, where Prisma's own error may be another one: to be judged in its place. */
  failed: { readonly error: unknown } | undefined;
  /** What it ended with, where nothing is to be decided about that: the caller gets it as it is. */
  final: { readonly error: unknown } | undefined;
}

/** What came of an attempt, as far as the executor may know. */
type Ended<T> = { readonly result: T } | { readonly error: unknown };

/** A policy and the executor for it: what one `resilience()`, and each `$resilience()` on top of it, retries with. */
export class ResilienceLayer {
  readonly policy: RetryPolicy;
  readonly #executor: Executor;
  readonly #options: CallOptions;
  /** What the user asked for, and nothing else: the rest is for the adapter's own policy to say. */
  readonly #forAdapter: CallOptions | undefined;

  constructor(policy: RetryPolicy, options: CallOptions, executor: Executor) {
    this.policy = policy;
    this.#executor = executor;
    this.#options = options;
    this.#forAdapter = forAdapter(options, policy);
  }

  /** The same for all layers that use one client of Prisma. */
  get shared(): object {
    return this.#executor;
  }

  /** @throws TypeError for an option that is unknown, out of range, or belongs to a pool */
  static create(options: ClientOptions | RetryPolicy | undefined): ResilienceLayer {
    const { policy, asked } = clientPolicy(options);
    return new ResilienceLayer(policy, asked, new Executor(policy));
  }

  /**
   * The same budget with other options.
   *
   * @throws TypeError for an option that is unknown, out of range, or belongs to the pool
   */
  with(options: CallOptions): ResilienceLayer {
    return new ResilienceLayer(
      callPolicy(this.policy, options),
      { ...this.#options, ...defined(options) },
      this.#executor,
    );
  }

  /**
   * Runs work until it is done, or nothing more can be done about it.
   *
   * @throws as {@link Executor.run}; errors of this package as they are, not as Prisma wraps them
   */
  async run<T>(operation: Operation, work: (attempt: Attempt) => PromiseLike<T>): Promise<T> {
    const { policy } = this;
    const { signal } = policy;
    const judge = (failure: Failure, error: unknown): Failure => {
      const known = operation.judge?.(failure, error) ?? failure;
      // The signal of somebody else whose read Prisma had put into the same statement.
      return known.kind === 'aborted' && signal?.aborted !== true ? refined(known, { kind: 'connection-lost' }) : known;
    };
    const judged: Operation = Object.create(operation, { judge: { value: judge } });
    try {
      const ended = await this.#executor.run<Ended<T>>(judged, policy, async ({ attempt: number, deadline }) => {
        const attempt: Attempt = { delegated: false, failed: undefined, final: undefined };
        const scope = this.#scopeFor(number, deadline);
        const leaveIt = () => attempt.delegated || scope?.reachedAdapter === true;
        const begin = () => (scope === undefined ? outsideCalls(() => work(attempt)) : scope.run(() => work(attempt)));
        try {
          return { result: await withinLimits(begin, policy, leaveIt) };
        } catch (wrapped) {
          if (attempt.final !== undefined) return attempt.final;
          if (attempt.failed !== undefined) throw attempt.failed.error;
          const error = unwrapped(wrapped, signal);
          if (isSettled(error, operation)) return { error };
          throw error;
        }
      });
      if ('error' in ended) throw ended.error;
      return ended.result;
    } catch (error) {
      markSettledByLayer(error);
      throw error;
    }
  }

  /** The first attempt with what the user asked for; later ones with what is left of the time. */
  #scopeFor(attempt: number, deadline: number): CallScope | undefined {
    const options = this.#forAdapter;
    if (attempt === 1) return options === undefined ? undefined : new CallScope(options);
    return new CallScope({ ...options, maxRetryTime: Math.max(0, deadline - performance.now()) });
  }
}

/** Undefined if there is nothing to tell the adapter. */
function forAdapter(options: CallOptions, { minTimeout, maxTimeout }: RetryPolicy): CallOptions | undefined {
  const { idempotent: _idempotent, ...asked } = defined(options);
  if (Object.keys(asked).length === 0) return undefined;
  // One of the two may not fit the other one of the adapter's policy.
  return 'minTimeout' in asked || 'maxTimeout' in asked ? { ...asked, minTimeout, maxTimeout } : asked;
}

/** Without keys that are present but undefined: they mean "as before". */
function defined(options: CallOptions): CallOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

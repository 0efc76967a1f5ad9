import { RetryBudget } from './budget.ts';
import { realEnvironment } from './environment.ts';
import type { Operation } from './failure.ts';
import { Patience } from './patience.ts';
import type { RetryPolicy } from './policy/policy.ts';
import { type AttemptContext, type ExecutorEnvironment, Recovery } from './recovery.ts';

/** When work began, and what it bears with. */
export interface Beginning {
  /** On the clock of the environment, in milliseconds. */
  readonly at: number;
  readonly patience: Patience;
}

/**
 * Runs operations: the first attempt as it is, with nothing around it but a try; what follows a failure through p-retry.
 *
 * One executor serves one pool: its retry budget is shared by everything that runs through it.
 */
export class Executor {
  readonly #environment: ExecutorEnvironment;
  readonly #budget: RetryBudget | undefined;

  constructor(policy: Pick<RetryPolicy, 'budget'>, environment: ExecutorEnvironment = realEnvironment) {
    this.#environment = environment;
    this.#budget = policy.budget === false ? undefined : new RetryBudget(policy.budget, environment.now);
  }

  /**
   * @throws what the attempt threw, unchanged, when it is not ours to handle; OutcomeUnknownError when the work may or may not have
   *   been applied; RetriesExhaustedError when retrying was safe and did not help; the signal's reason when the policy's signal ends a wait
   */
  async run<T>(
    operation: Operation,
    policy: RetryPolicy,
    attempt: (context: AttemptContext) => Promise<T>,
  ): Promise<T> {
    policy.signal?.throwIfAborted();
    const begun = this.begin(policy);
    try {
      const result = await attempt({ attempt: 1, patience: begun.patience });
      this.succeeded();
      return result;
    } catch (error) {
      return await this.recover(operation, policy, error, attempt, begun);
    }
  }

  /** Now. */
  begin(policy: RetryPolicy): Beginning {
    const { now } = this.#environment;
    return { at: now(), patience: new Patience(now, policy) };
  }

  /** A first attempt that somebody else has made was a success. */
  succeeded(): void {
    this.#budget?.refund();
  }

  /**
   * Goes on with work whose first attempt failed.
   *
   * @throws as {@link run}
   */
  async recover<T>(
    operation: Operation,
    policy: RetryPolicy,
    error: unknown,
    attempt: (context: AttemptContext) => Promise<T>,
    { at, patience }: Beginning,
  ): Promise<T> {
    const recovery = new Recovery(operation, policy, this.#environment, this.#budget, at, patience);
    const result = await recovery.run(error, attempt);
    this.succeeded();
    return result;
  }
}

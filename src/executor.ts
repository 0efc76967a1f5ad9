import { RetryBudget } from './budget.ts';
import { realEnvironment } from './environment.ts';
import type { Operation } from './failure.ts';
import { Patience } from './patience.ts';
import type { RetryPolicy } from './policy/policy.ts';
import { type AttemptContext, type ExecutorEnvironment, Recovery } from './recovery.ts';

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
    const { now } = this.#environment;
    const startedAt = now();
    const patience = new Patience(now, policy);
    try {
      const result = await attempt({ attempt: 1, patience });
      this.#budget?.refund();
      return result;
    } catch (error) {
      const recovery = new Recovery(operation, policy, this.#environment, this.#budget, startedAt, patience);
      const result = await recovery.run(error, attempt);
      this.#budget?.refund();
      return result;
    }
  }
}

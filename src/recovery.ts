import pRetry from 'p-retry';
import { abortReasonOr } from './abort.ts';
import { AttemptErrors } from './attempt-errors.ts';
import { fullJitterDelay } from './backoff.ts';
import { describeSpent, type RetryBudget } from './budget.ts';
import { classify } from './classify.ts';
import { decide } from './decide.ts';
import type { Environment } from './environment.ts';
import { OutcomeUnknownError, RetriesExhaustedError } from './errors.ts';
import type { Failure, Operation } from './failure.ts';
import { afterKill, killOf, killTimeout } from './kill.ts';
import { isLossInFlight, Losses } from './losses.ts';
import { askHook, notify } from './notify.ts';
import type { Patience } from './patience.ts';
import { type RetryPolicy, stuckAfter } from './policy/policy.ts';
import { isStateOfServer } from './server-state.ts';
import { sleep } from './sleep.ts';
import { publish, type RetriesExhaustedEvent } from './telemetry.ts';
import { Waits } from './waits.ts';

/** What an attempt is told. */
export interface AttemptContext {
  /** 1 for the first attempt. */
  readonly attempt: number;
  readonly patience: Patience;
}

/** What the retrying needs of the world. */
export type ExecutorEnvironment = Pick<Environment, 'now' | 'random'>;

/** The failure path of one operation. */
export class Recovery {
  readonly #operation: Operation;
  readonly #policy: RetryPolicy;
  readonly #environment: ExecutorEnvironment;
  readonly #budget: RetryBudget | undefined;
  readonly #startedAt: number;
  readonly #patience: Patience;
  readonly #errors = new AttemptErrors();
  readonly #losses = new Losses();
  /** On the clock of the environment. */
  #attemptBegan: number;
  /** Attempts that failed for a reason of their own; those that met the server away, or refusing, waited for it. */
  #spent = 0;
  readonly #waits = new Waits();
  /** What the attempt failed with that had something sent last. */
  #lastSent: Failure | undefined;
  /** The first attempt that may have been applied: what came of later ones does not change that. */
  #doubt: Failure | undefined;

  constructor(
    operation: Operation,
    policy: RetryPolicy,
    environment: ExecutorEnvironment,
    budget: RetryBudget | undefined,
    startedAt: number,
    patience: Patience,
  ) {
    this.#operation = operation;
    this.#policy = policy;
    this.#environment = environment;
    this.#budget = budget;
    this.#startedAt = startedAt;
    this.#attemptBegan = startedAt;
    this.#patience = patience;
  }

  /**
   * p-retry keeps the count and the loop. It is given no signal, no limit and no delay, and never sees an error of ours bare: its
   * own delays have no jitter at their cap, it gives up on a TypeError that it takes for a bug, and it rejects work that was already
   * done when its signal aborts at the wrong moment. What `onFailedAttempt` throws leaves its loop as it is.
   */
  async run<T>(firstError: unknown, attempt: (context: AttemptContext) => Promise<T>): Promise<T> {
    this.#patience.begin(this.#environment.now());
    await this.#prepareNext(firstError, 1);
    return pRetry(
      async (retry) => {
        this.#attemptBegan = this.#environment.now();
        try {
          return await attempt({ attempt: retry + 1, patience: this.#patience });
        } catch (error) {
          throw new AttemptFailed(error);
        }
      },
      {
        retries: Number.POSITIVE_INFINITY, // #prepareNext counts: it throws the error that the caller is to see
        minTimeout: 0,
        maxTimeout: 0,
        onFailedAttempt: ({ error, attemptNumber }) =>
          this.#prepareNext(error instanceof AttemptFailed ? error.error : error, attemptNumber + 1),
      },
    );
  }

  /** Waits until the next attempt is due; throws what the caller is to get if there is to be none. */
  async #prepareNext(error: unknown, attempts: number): Promise<void> {
    const { retries, lossRetries, signal, onRetry } = this.#policy;
    const took = this.#environment.now() - this.#attemptBegan;
    const classified = this.#operation.recallFailure?.(error) ?? classify(error);
    const refined = this.#operation.refineFailure?.(classified, error) ?? classified;
    const operation = readOnce(this.#operation);
    const waits = this.#patience.lasts && isStateOfServer(refined);
    this.#errors.note(error, waits);
    if (waits) this.#waits.note(this.#environment.now());
    else this.#spent += 1;
    const failure = await this.#killSession(refined, operation, error, this.#spent <= retries);
    this.#patience.lastFailure = failure;
    if (failure.outcome === 'unknown' && !operation.isSafeRead()) this.#doubt ??= failure;
    if (failure.kind !== 'acquire-timeout') this.#lastSent = failure;
    if (!waits && isLossInFlight(failure, error)) this.#losses.note(took);
    const shouldRetry = (asked: Failure) => askHook(this.#policy.shouldRetry, asked);
    const decision = decide(failure, operation, { shouldRetry });
    if (decision === 'outcome-unknown') throw this.#outcomeUnknown(error, failure, attempts);
    if (decision === 'rethrow') throw this.#rethrown(error, failure, classified, attempts);
    signal?.throwIfAborted();
    const delayMs = this.#delay(waits, failure);
    if (this.#spent > retries) throw this.#gaveUp('retries', failure, attempts);
    if (this.#losses.count > lossRetries) throw this.#gaveUp('losses', failure, attempts);
    const dueAt = this.#environment.now() + delayMs;
    if (dueAt >= this.#patience.deadline)
      throw this.#overdue(dueAt, error) ?? this.#gaveUp('deadline', failure, attempts);
    if (!waits && this.#budget?.trySpend(failure) === false) throw this.#gaveUp('budget', failure, attempts);
    const event = { attempt: attempts, retriesLeft: retries - this.#spent, delayMs, failure };
    notify(onRetry, event);
    publish('gone-away:retry', () => event);
    if (delayMs > 0) await sleep(delayMs, signal);
  }

  #delay(waits: boolean, { kind }: Failure): number {
    const { now, random } = this.#environment;
    // Nothing is known against the server yet: a new connection will tell, and whoever makes connections waits for a server that is away.
    if (this.#spent === 1 && kind === 'connection-lost') return 0;
    return waits ? this.#waits.delay(now(), this.#policy, random) : fullJitterDelay(this.#spent, this.#policy, random);
  }

  /**
   * The failure, after what the failed attempt may have left running on the server was stopped. Waits for that where the work may be
   * done again, and where this side has stopped waiting; not for a caller whose own signal, or limit, ended it.
   */
  async #killSession(failure: Failure, operation: Operation, error: unknown, mayRetry: boolean): Promise<Failure> {
    const isCallers = failure.kind === 'aborted' || failure.kind === 'limit' || failure.kind === 'client-side';
    const kill = this.#policy.killLostSessions && !isCallers ? killOf(error) : undefined;
    if (kill === undefined) return failure;
    const { signal } = this.#policy;
    const retries = mayRetry && decide({ ...failure, stillRunning: false }, operation, noVeto) === 'retry';
    if (!retries && !failure.stillRunning) return failure;
    // Without that, a write that may be applied twice would not be done again: that is worth a wait. A read is.
    const insists = retries && failure.outcome === 'unknown' && !operation.isSafeRead();
    const until = this.#environment.now() + (insists ? stuckAfter(this.#policy) : killTimeout);
    const result = await kill({ until: retries ? Math.min(until, this.#patience.deadline) : until, signal, insists });
    return afterKill(failure, result);
  }

  #rethrown(error: unknown, failure: Failure, classified: Failure, attempts: number): unknown {
    // A wait for a connection that ends a row of retries is the end of the retrying, and must not mask what came before it.
    return failure.kind === 'acquire-timeout' && attempts > 1
      ? (this.#overdue(this.#environment.now(), error) ?? this.#gaveUp('deadline', failure, attempts))
      : abortReasonOr(error, this.#policy.signal, classified);
  }

  /** The caller's own limit ends the call with its own error. */
  #overdue(at: number, error: unknown): unknown {
    return this.#patience.overdueAt(at, error);
  }

  #outcomeUnknown(error: unknown, failure: Failure, attempts: number): OutcomeUnknownError {
    const elapsedMs = this.#environment.now() - this.#startedAt;
    const unsafe = this.#operation.whyUnsafe?.();
    const known = unsafe === undefined ? failure : Object.freeze({ ...failure, unsafe });
    publish('gone-away:outcome-unknown', () => ({ attempts, elapsedMs, failure: known }));
    const what = this.#operation.kind === 'transaction' ? 'the transaction' : 'the statement';
    return new OutcomeUnknownError(
      `Nobody can know whether ${what} was applied: ${failure.reason} (${nameOf(failure)}). It was not sent again${unsafe === undefined ? '' : `, because ${unsafe.why}`}.`,
      { failure: known, attempts, elapsedMs, cause: error },
    );
  }

  #gaveUp(reason: RetriesExhaustedEvent['reason'], last: Failure, attempts: number): unknown {
    const failure = this.#doubt ?? this.#lastSent ?? last;
    const elapsedMs = this.#environment.now() - this.#startedAt;
    const event = { attempts, elapsedMs, reason, failure };
    notify(this.#policy.onRetriesExhausted, event);
    publish('gone-away:retries-exhausted', () => event);
    const errors = this.#errors.all();
    // Who asked for no retries gets the error itself.
    if (this.#policy.retries === 0) return errors[0];
    const limit = this.#describeLimit(reason, last);
    return new RetriesExhaustedError(
      `Gave up after ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'} in ${Math.round(elapsedMs)} ms, ${limit}; ` +
        `the last one failed with ${nameOf(last)}`,
      { failure, attempts, elapsedMs, errors, cause: errors.at(-1) },
    );
  }

  #describeLimit(reason: RetriesExhaustedEvent['reason'], last: Failure): string {
    switch (reason) {
      case 'retries':
        return 'no retries left (`retries`)';
      case 'deadline':
        return `the deadline would have passed (\`${this.#policy.patienceOption ?? 'maxRetryTime'}\`)`;
      case 'budget':
        return describeSpent(last);
      case 'losses':
        return this.#losses.describe(this.#operation.kind);
    }
  }
}

/** The same operation, after one attempt of it: what was sent is read when the decision depends on it, and once. */
function readOnce(operation: Operation): Operation {
  let isSafeRead: boolean | undefined;
  return {
    get kind() {
      return operation.kind;
    },
    idempotent: operation.idempotent,
    isSafeRead: () => {
      isSafeRead ??= operation.isSafeRead();
      return isSafeRead;
    },
    isHandedOver: () => operation.isHandedOver(),
  };
}

const noVeto = { shouldRetry: undefined } as const;

function nameOf(failure: Failure): string {
  const code = failure.code ?? failure.errno;
  return code === undefined ? failure.kind : `${failure.kind}, ${code}`;
}

/** Carries whatever an attempt threw past p-retry, which treats some errors specially and refuses what is not an Error. */
class AttemptFailed extends Error {
  readonly error: unknown;

  constructor(error: unknown) {
    super('attempt failed');
    this.error = error;
  }
}

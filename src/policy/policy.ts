import type { BudgetOptions } from '../budget.ts';
import type { Failure } from '../failure.ts';
import { readFunctionNames } from '../sql/function-names.ts';
import type { EvictEvent, RetriesExhaustedEvent, RetryEvent } from '../telemetry.ts';
import { checkedCopy, withListOf, withoutUndefined } from './option-checks.ts';
import { callRules, clientRules, poolRules, transactionRules } from './option-rules.ts';
import type {
  CallOptions,
  ClientOptions,
  LivenessOptions,
  ResilienceOptions,
  TransactionOptions,
  WatchOptions,
} from './options.ts';

/** What is done about transactions: validated and complete. */
export interface TransactionPolicy {
  readonly rerun: boolean;
  readonly exactlyOnce: boolean;
}

/** The same for one transaction. */
export interface OneTransactionPolicy extends TransactionPolicy {
  readonly idempotencyKey: string | undefined;
}

/** A validated policy, complete and frozen. */
export interface RetryPolicy {
  readonly retries: number;
  readonly lossRetries: number;
  readonly minTimeout: number;
  readonly maxTimeout: number;
  readonly factor: number;
  readonly maxRetryTime: number;
  /** What the caller knows that limit as, where he has set a shorter one elsewhere: mysql2's `timeout`. */
  readonly patienceOption?: 'timeout' | undefined;
  readonly signal: AbortSignal | undefined;
  readonly attemptTimeout: number | undefined;
  readonly acquireTimeout: number | undefined;
  readonly killLostSessions: boolean;
  readonly watch: WatchOptions | false;
  readonly idempotent: boolean;
  readonly exactlyOnce: boolean;
  /** Each in one form, whatever way it was given in. */
  readonly safeFunctions: readonly string[];
  readonly transactions: TransactionPolicy;
  readonly shouldRetry: ((failure: Failure) => boolean) | undefined;
  readonly onRetry: ((event: RetryEvent) => void) | undefined;
  readonly onRetriesExhausted: ((event: RetriesExhaustedEvent) => void) | undefined;
  readonly budget: BudgetOptions | false;
  readonly liveness: LivenessOptions;
  readonly ledgerTable: string;
  readonly onEvict: ((event: EvictEvent) => void) | undefined;
}

const defaultWatch: WatchOptions = Object.freeze({ after: 5_000, timeout: 10_000 });

/** Milliseconds in which nothing at all happens on the connections of a pool, where `acquireTimeout` is not set: somebody has forgotten them. */
const leakTimeout = 30_000;

/** How long something is waited for that nothing moves, in milliseconds. */
export function stuckAfter({ acquireTimeout = leakTimeout }: Pick<RetryPolicy, 'acquireTimeout'>): number {
  return acquireTimeout;
}

const defaultBudget: BudgetOptions = Object.freeze({ capacity: 200, refundPerSuccess: 0.1, refillPerSecond: 20 });

const defaults: RetryPolicy = {
  retries: 10,
  lossRetries: 2,
  minTimeout: 50,
  maxTimeout: 2_000,
  factor: 2,
  maxRetryTime: 60_000,
  signal: undefined,
  attemptTimeout: undefined,
  acquireTimeout: undefined,
  killLostSessions: true,
  watch: defaultWatch,
  idempotent: false,
  exactlyOnce: false,
  safeFunctions: Object.freeze([]),
  transactions: Object.freeze({ rerun: false, exactlyOnce: false }),
  shouldRetry: undefined,
  onRetry: undefined,
  onRetriesExhausted: undefined,
  budget: defaultBudget,
  liveness: Object.freeze({
    trustIdleFor: 100,
    idleTimeout: 180_000,
    maxLifetime: 1_800_000,
    pingTimeout: 1_000,
  }),
  ledgerTable: 'gone_away_ledger',
  onEvict: undefined,
};

/** Each policy that `retryPolicy()` made, with the options that it was made from. */
const madeFrom = new WeakMap<object, ResilienceOptions>();

/**
 * Validates options and fills in the defaults, once: the policy can be handed to any number of pools, databases and clients.
 *
 * @param given options; a policy that was made here comes back as it is
 * @throws TypeError naming the option, the value and what is expected, for a wrong type, a number out of range or an unknown key
 */
export function retryPolicy(given: ResilienceOptions | RetryPolicy = {}): RetryPolicy {
  if (madeFrom.has(given)) return given as RetryPolicy;
  const options = checkedCopy<ResilienceOptions>('policy', given, poolRules);
  const policy = layOver(defaults, options);
  madeFrom.set(policy, Object.freeze(withListOf(policy, options)));
  return policy;
}

/** What a client of Prisma retries by. */
export interface ClientPolicy {
  readonly policy: RetryPolicy;
  /** What was asked for, and nothing else: the rest is for the pool's own policy to say. */
  readonly asked: CallOptions;
}

/**
 * The same for a client whose connections are somebody else's. Of a policy that `retryPolicy()` made, what is about connections goes unused.
 *
 * @throws TypeError as {@link retryPolicy} does, and for options that belong to a pool
 */
export function clientPolicy(from: ClientOptions | RetryPolicy = {}): ClientPolicy {
  const made = madeFrom.get(from);
  const options = made ?? checkedCopy<ClientOptions>('options', from as ClientOptions, clientRules);
  const policy = made === undefined ? layOver(defaults, options) : (from as RetryPolicy);
  const given = Object.entries(withoutUndefined(withListOf(policy, options)));
  return { policy, asked: Object.fromEntries(given.filter(([name]) => Object.hasOwn(callRules.checks, name))) };
}

/**
 * A policy with the options of one call laid over it.
 *
 * @throws TypeError as {@link retryPolicy} does, and for options that belong to the pool and not to a call
 */
export function callPolicy(base: RetryPolicy, given: CallOptions): RetryPolicy {
  return layOver(base, checkedCopy('options', given, callRules));
}

/**
 * What is to be done for one transaction: its own options laid over those of the policy.
 *
 * @throws TypeError as {@link retryPolicy} does
 */
export function transactionPolicy(base: TransactionPolicy, given: TransactionOptions): OneTransactionPolicy {
  const { rerun, exactlyOnce, idempotencyKey } = checkedCopy('options', given, transactionRules);
  if (idempotencyKey !== undefined && exactlyOnce === false) {
    throw new TypeError('Expected `exactlyOnce` to be true or left out beside an `idempotencyKey`, got false');
  }
  const isAsked = idempotencyKey !== undefined || exactlyOnce === true;
  if (isAsked && rerun === false) {
    throw new TypeError('Expected `rerun` to be true or left out beside `exactlyOnce`, got false');
  }
  const settles = isAsked || (exactlyOnce ?? base.exactlyOnce);
  return Object.freeze({ rerun: settles || (rerun ?? base.rerun), exactlyOnce: settles, idempotencyKey });
}

/** Checked options over a policy: those of a kind that has parts, part by part. */
function layOver(base: RetryPolicy, options: ResilienceOptions | CallOptions): RetryPolicy {
  const { budget, liveness, watch, safeFunctions, transactions, ...rest } = options as ResilienceOptions;
  const policy: RetryPolicy = {
    ...base,
    ...withoutUndefined(rest),
    budget: partsOver(base.budget, budget, defaultBudget),
    liveness: partsOver<LivenessOptions>(base.liveness, liveness, base.liveness) || base.liveness,
    watch: partsOver(base.watch, watch, defaultWatch),
    safeFunctions: safeFunctions === undefined ? base.safeFunctions : readFunctionNames('safeFunctions', safeFunctions),
    transactions: transactionsOver(base.transactions, options.exactlyOnce, transactions),
  };
  if (policy.maxTimeout < policy.minTimeout) {
    throw new TypeError(
      `Expected \`maxTimeout\` to be at least \`minTimeout\` (${policy.minTimeout}), got ${policy.maxTimeout}`,
    );
  }
  return Object.freeze(policy);
}

/** @param standard what parts are laid over where the base has none */
function partsOver<T extends object>(base: T | false, given: Partial<T> | false | undefined, standard: T): T | false {
  if (given === undefined) return base;
  if (given === false) return false;
  return Object.freeze({ ...(base === false ? standard : base), ...withoutUndefined(given) });
}

function transactionsOver(
  base: TransactionPolicy,
  exactlyOnce: boolean | undefined,
  given: TransactionOptions = {},
): TransactionPolicy {
  const { rerun, exactlyOnce: settles } = transactionPolicy(
    exactlyOnce === undefined ? base : { ...base, exactlyOnce },
    given,
  );
  return Object.freeze({ rerun, exactlyOnce: settles });
}

import { setMaxListeners } from 'node:events';
import type { BudgetOptions } from '../budget.ts';
import type { Failure } from '../failure.ts';
import type { EvictEvent, GiveUpEvent, RetryEvent } from '../telemetry.ts';

/** When a pooled connection is trusted without asking it. All times in milliseconds. */
export interface LivenessOptions {
  /**
   * A connection that was idle longer than this is used only after the event loop has turned, so that an end of the connection
   * that the kernel already knows is seen before anything is written. Costs no round trip. Default 100.
   */
  readonly idleTrust: number;
  /** A connection that was idle longer than this is replaced. Default 180_000: below what common load balancers cut in silence. */
  readonly maxIdle: number;
  /** A connection older than this is replaced when it is next checked out; up to a tenth is taken off at random. Default 1_800_000. */
  readonly maxLifetime: number;
  /** How long the one ping of a suspect connection may take. Default 1_000. */
  readonly pingTimeout: number;
}

/** What is done about a transaction that certainly left nothing behind. */
export interface TransactionOptions {
  /**
   * - `restart`: begun again on another connection as long as nothing of it was executed; its callback runs once. The default.
   * - `rerun`: its callback runs again, from the beginning, whenever the server has certainly undone it: after a deadlock, a lock wait
   *   timeout, a failover, a connection lost before COMMIT was sent. What the callback does outside the transaction happens again as well.
   */
  readonly retry?: 'restart' | 'rerun' | undefined;
  /**
   * A COMMIT that is not answered is settled with a row in the ledger table: the result comes back if it was applied; if not, it never will
   * be, and the callback runs again, as with `retry: 'rerun'`, which this implies. Costs one round trip. Default false.
   */
  readonly exactlyOnce?: boolean | undefined;
}

/** What can be said of one transaction alone. */
export interface OneTransactionOptions extends TransactionOptions {
  /**
   * Your name for this very piece of work, of 1 to 1024 characters: a second call with it, now or tomorrow, in this process or another,
   * does not run its callback and gets the result of the first, for as long as the row is in the ledger. The result has to be JSON, or
   * undefined. Implies `exactlyOnce`. Costs two round trips.
   */
  readonly idempotencyKey?: string | undefined;
}

/** Validated and complete. */
export interface TransactionPolicy {
  readonly retry: 'restart' | 'rerun';
  readonly exactlyOnce: boolean;
}

/** The same for one transaction. */
export interface OneTransactionPolicy extends TransactionPolicy {
  readonly idempotencyKey: string | undefined;
}

/** Whether threads of lost sessions are stopped on the server. */
export type FencePolicy = 'kill' | 'none';

/** What may be set for a single call; everything else belongs to the pool. */
export interface CallOptions {
  /** Extra attempts after the first one. 0 retries nothing. Default 10. */
  readonly retries?: number | undefined;
  /** The cap of the first retry's delay, in milliseconds; delays are drawn evenly from zero to the cap. Default 50. */
  readonly minTimeout?: number | undefined;
  /** The cap of every delay, in milliseconds. Default 2_000. */
  readonly maxTimeout?: number | undefined;
  /** By how much the cap grows with every retry. Default 2. */
  readonly factor?: number | undefined;
  /** No attempt is begun, and nothing is waited for, later than this many milliseconds after the start. Default 30_000. */
  readonly maxRetryTime?: number | undefined;
  /** Ends waiting at once. A statement that it catches in flight loses its connection; a finished one keeps its result. */
  readonly signal?: AbortSignal | undefined;
  /**
   * How long one statement may go without an answer, in milliseconds, before its connection is destroyed. Default: no limit.
   * The server's thread is stopped (see `fence`). A stopped read may run again; a stopped write is an {@link OutcomeUnknownError},
   * unless it is `idempotent` and its thread is provably gone.
   */
  readonly attemptTimeout?: number | undefined;
  /** How long to wait for a usable connection, in milliseconds. Default 10_000. */
  readonly acquireTimeout?: number | undefined;
  /**
   * What becomes of the server's thread when this side stops waiting for a statement (`attemptTimeout`, `signal`), and before a
   * statement whose connection was lost is sent again. `kill`: it is stopped over a connection of its own, if it is provably the one
   * that was lost. `none`: it is left alone, and may go on waiting for a lock. Default `kill`.
   */
  readonly fence?: FencePolicy | undefined;
  /**
   * How long a statement may go without an answer, in milliseconds, before the server is asked whether it still executes it; as often
   * again while it does. One that the server does not execute any more has lost its connection. `false`: never asked. Default 5_000.
   */
  readonly watchAfter?: number | false | undefined;
  /** For how long the server may be out of reach, in milliseconds, when it is asked; then the connection counts as lost. Default 10_000. */
  readonly watchTimeout?: number | undefined;
  /** Applying the work more than once is harmless: it may run again even when its outcome is unknown. Default false. */
  readonly idempotent?: boolean | undefined;
  /**
   * A write outside a transaction is put into one of its own, with a row in the ledger table, so that it is applied once even if its answer
   * is lost; four round trips instead of one. Also for transactions, as `transactions: { exactlyOnce: true }`. Default false.
   */
  readonly exactlyOnce?: boolean | undefined;
  /** For transactions; each can have its own in its `transaction()` call. */
  readonly transactions?: TransactionOptions | undefined;
  /**
   * Your veto: return false and this failure is not retried. It cannot make an unsafe retry happen. If it throws, that is a veto too, and
   * reported as a process warning.
   */
  readonly adjudicate?: ((failure: Failure) => boolean) | undefined;
  /** Called before each retry. What it throws is reported as a process warning and changes nothing. */
  readonly onRetry?: ((event: RetryEvent) => void) | undefined;
  /** Called when something that was safe to retry is given up. What it throws is reported as a process warning. */
  readonly onGiveUp?: ((event: GiveUpEvent) => void) | undefined;
}

export interface RetryPolicyOptions extends CallOptions {
  /** A token bucket for all retries of a pool. `false` switches it off. Default: 200 at once, 20 a second, 0.1 back for a success. */
  readonly budget?: Partial<BudgetOptions> | false | undefined;
  /** When a pooled connection is trusted. */
  readonly liveness?: Partial<LivenessOptions> | undefined;
  /** The ledger table of `exactlyOnce` and `idempotencyKey`, with or without a database in front. Default 'gone_away_ledger'. */
  readonly ledgerTable?: string | undefined;
  /** Called when a pooled connection is destroyed. What it throws is reported as a process warning. */
  readonly onEvict?: ((event: EvictEvent) => void) | undefined;
}

/** A validated policy, complete and frozen. */
export interface RetryPolicy {
  readonly retries: number;
  readonly minTimeout: number;
  readonly maxTimeout: number;
  readonly factor: number;
  readonly maxRetryTime: number;
  readonly signal: AbortSignal | undefined;
  readonly attemptTimeout: number | undefined;
  readonly acquireTimeout: number;
  readonly fence: FencePolicy;
  readonly watchAfter: number | false;
  readonly watchTimeout: number;
  readonly idempotent: boolean;
  readonly exactlyOnce: boolean;
  readonly transactions: TransactionPolicy;
  readonly adjudicate: ((failure: Failure) => boolean) | undefined;
  readonly onRetry: ((event: RetryEvent) => void) | undefined;
  readonly onGiveUp: ((event: GiveUpEvent) => void) | undefined;
  readonly budget: BudgetOptions | false;
  readonly liveness: LivenessOptions;
  readonly ledgerTable: string;
  readonly onEvict: ((event: EvictEvent) => void) | undefined;
}

const defaultBudget: BudgetOptions = { capacity: 200, refundPerSuccess: 0.1, refillPerSecond: 20 };

const defaultLiveness: LivenessOptions = {
  idleTrust: 100,
  maxIdle: 180_000,
  maxLifetime: 1_800_000,
  pingTimeout: 1_000,
};

const defaults: RetryPolicy = {
  retries: 10,
  minTimeout: 50,
  maxTimeout: 2_000,
  factor: 2,
  maxRetryTime: 30_000,
  signal: undefined,
  attemptTimeout: undefined,
  acquireTimeout: 10_000,
  fence: 'kill',
  watchAfter: 5_000,
  watchTimeout: 10_000,
  idempotent: false,
  exactlyOnce: false,
  transactions: Object.freeze({ retry: 'restart', exactlyOnce: false }),
  adjudicate: undefined,
  onRetry: undefined,
  onGiveUp: undefined,
  budget: defaultBudget,
  liveness: defaultLiveness,
  ledgerTable: 'gone_away_ledger',
  onEvict: undefined,
};

/** The longest delay that a Node.js timer keeps; a longer one would fire at once. */
const longestTimer = 2_147_483_647;

type Check = (name: string, value: unknown) => void;

const milliseconds: Check = (name, value) => {
  expect(
    typeof value === 'number' && value >= 0 && value <= longestTimer,
    name,
    value,
    `milliseconds from 0 to ${longestTimer}`,
  );
};
const positiveMilliseconds: Check = (name, value) => {
  expect(
    typeof value === 'number' && value > 0 && value <= longestTimer,
    name,
    value,
    `milliseconds above 0, at most ${longestTimer}`,
  );
};
const numberFrom =
  (least: number): Check =>
  (name, value) => {
    expect(
      typeof value === 'number' && Number.isFinite(value) && value >= least,
      name,
      value,
      `a number from ${least}`,
    );
  };
const aFunction: Check = (name, value) => expect(typeof value === 'function', name, value, 'a function');

const aBoolean: Check = (name, value) => expect(typeof value === 'boolean', name, value, 'true or false');

const transactionChecks: { readonly [K in keyof Required<TransactionOptions>]: Check } = {
  retry: (name, value) => expect(value === 'restart' || value === 'rerun', name, value, "'restart' or 'rerun'"),
  exactlyOnce: aBoolean,
};

const oneTransactionChecks: { readonly [K in keyof Required<OneTransactionOptions>]: Check } = {
  ...transactionChecks,
  idempotencyKey: (name, value) => {
    expect(typeof value === 'string', name, value, 'a string');
    // A key may tell something about somebody, so it is not shown; and what is no Unicode would be hashed like other such keys.
    const holds = value.length >= 1 && value.length <= 1_024 && isWellFormed(value);
    if (!holds)
      throw new TypeError(`Expected \`${name}\` to be 1 to 1024 characters of Unicode, got others (${value.length})`);
  },
};

const callChecks: { readonly [K in keyof Required<CallOptions>]: Check } = {
  retries: (name, value) =>
    expect(Number.isInteger(value) && (value as number) >= 0, name, value, 'a whole number from 0'),
  minTimeout: milliseconds,
  maxTimeout: milliseconds,
  factor: numberFrom(1),
  maxRetryTime: milliseconds,
  signal: (name, value) => expect(value instanceof AbortSignal, name, value, 'an AbortSignal'),
  attemptTimeout: positiveMilliseconds,
  acquireTimeout: positiveMilliseconds,
  fence: (name, value) => expect(value === 'kill' || value === 'none', name, value, "'kill' or 'none'"),
  watchAfter: (name, value) => {
    if (value !== false) positiveMilliseconds(name, value);
  },
  watchTimeout: positiveMilliseconds,
  idempotent: aBoolean,
  exactlyOnce: aBoolean,
  transactions: (name, value) => checkKeys(name, value, transactionChecks, 'an object'),
  adjudicate: aFunction,
  onRetry: aFunction,
  onGiveUp: aFunction,
};

const policyChecks: { readonly [K in keyof Required<RetryPolicyOptions>]: Check } = {
  ...callChecks,
  budget: (name, value) => {
    if (value === false) return;
    const each = { capacity: numberFrom(0), refundPerSuccess: numberFrom(0), refillPerSecond: numberFrom(0) };
    checkKeys(name, value, each, 'an object or false');
  },
  liveness: (name, value) => {
    const each = {
      idleTrust: milliseconds,
      maxIdle: positiveMilliseconds,
      maxLifetime: positiveMilliseconds,
      pingTimeout: positiveMilliseconds,
    };
    checkKeys(name, value, each, 'an object');
  },
  ledgerTable: (name, value) =>
    expect(
      typeof value === 'string' && /^([\w$]{1,64}\.)?[\w$]{1,64}$/.test(value),
      name,
      value,
      'a name of letters, digits, _ and $, with or without a database in front',
    ),
  onEvict: aFunction,
};

/**
 * Validates options and fills in the defaults.
 *
 * @throws TypeError naming the option, the value and what is expected, for a wrong type, a number out of range or an unknown key
 */
export function retryPolicy(given: RetryPolicyOptions = {}): RetryPolicy {
  const options = own('policy', given, policyChecks);
  const { budget, liveness, transactions: _transactions, ...rest } = options;
  return complete(defaults, {
    ...defined(rest),
    transactions: transactionsOf(defaults.transactions, options),
    ...(budget !== undefined && {
      budget: budget === false ? budget : Object.freeze({ ...defaultBudget, ...defined(budget) }),
    }),
    ...(liveness !== undefined && { liveness: Object.freeze({ ...defaultLiveness, ...defined(liveness) }) }),
  });
}

/**
 * A policy with the options of one call laid over it.
 *
 * @throws TypeError as {@link retryPolicy} does, and for options that belong to the pool and not to a call
 */
export function callPolicy(base: RetryPolicy, given: CallOptions): RetryPolicy {
  const options = own('options', given, callChecks);
  const { transactions: _transactions, ...rest } = options;
  return complete(base, {
    ...defined(rest),
    transactions: transactionsOf(base.transactions, options),
  });
}

function transactionsOf(base: TransactionPolicy, { exactlyOnce, transactions = {} }: CallOptions): TransactionPolicy {
  const { idempotencyKey: _none, ...complete } = transactionPolicy(
    exactlyOnce === undefined ? base : { ...base, exactlyOnce },
    transactions,
  );
  return Object.freeze(complete);
}

/** The names of {@link OneTransactionOptions}, by which they are told from an ORM's own. */
export const transactionOptionNames: readonly string[] = Object.keys(oneTransactionChecks);

/**
 * What is to be done for one transaction: its own options laid over those of the policy.
 *
 * @throws TypeError as {@link retryPolicy} does
 */
export function transactionPolicy(base: TransactionPolicy, given: OneTransactionOptions): OneTransactionPolicy {
  const { retry, exactlyOnce, idempotencyKey } = own('options', given, oneTransactionChecks);
  if (idempotencyKey !== undefined && exactlyOnce === false) {
    throw new TypeError('Expected `exactlyOnce` to be true or left out beside an `idempotencyKey`, got false');
  }
  const isAsked = idempotencyKey !== undefined || exactlyOnce === true;
  if (isAsked && retry === 'restart') {
    throw new TypeError('Expected `retry` to be \'rerun\' or left out beside `exactlyOnce`, got "restart"');
  }
  const settles = isAsked || (exactlyOnce ?? base.exactlyOnce);
  return Object.freeze({ retry: settles ? 'rerun' : (retry ?? base.retry), exactlyOnce: settles, idempotencyKey });
}

function complete(base: RetryPolicy, overrides: Partial<RetryPolicy>): RetryPolicy {
  const policy: RetryPolicy = { ...base, ...overrides };
  if (policy.maxTimeout < policy.minTimeout) {
    throw new TypeError(
      `Expected \`maxTimeout\` to be at least \`minTimeout\` (${policy.minTimeout}), got ${policy.maxTimeout}`,
    );
  }
  // One signal may end many calls at once; Node.js would warn of a leak from the eleventh on.
  if (policy.signal !== undefined) setMaxListeners(0, policy.signal);
  return Object.freeze(policy);
}

/** No half of a surrogate pair stands alone. */
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** Drops keys that are present but undefined: they mean "the default". */
function defined<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

/** A copy of the options, checked: what is looked at is what was checked, and nothing that an object only inherits. */
function own<T extends object>(name: string, given: T, checks: Readonly<Record<string, Check>>): T {
  const copy: T =
    typeof given === 'object' && given !== null && !Array.isArray(given) ? { __proto__: null, ...given } : given;
  checkKeys(name, copy, checks, 'an object');
  return copy;
}

function checkKeys(name: string, options: unknown, checks: Readonly<Record<string, Check>>, expected: string): void {
  expect(typeof options === 'object' && options !== null && !Array.isArray(options), name, options, expected);
  for (const [key, value] of Object.entries(options as object)) {
    const check = Object.hasOwn(checks, key) ? checks[key] : undefined;
    if (check === undefined) {
      throw new TypeError(
        `Unknown option \`${shortened(key)}\` in \`${name}\`; expected one of: ${Object.keys(checks).join(', ')}`,
      );
    }
    if (value !== undefined) check(name === 'policy' || name === 'options' ? key : `${name}.${key}`, value);
  }
}

function expect(holds: boolean, name: string, value: unknown, expected: string): asserts holds {
  if (!holds) throw new TypeError(`Expected \`${name}\` to be ${expected}, got ${show(value)}`);
}

/** Enough of a value to recognise it by, and nothing that it may contain. */
function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(shortened(value));
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}

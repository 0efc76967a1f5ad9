import { readFunctionNames } from '../sql/function-names.ts';
import {
  aBoolean,
  aFunction,
  anObject,
  anObjectOrFalse,
  aSignal,
  type Check,
  expect,
  milliseconds,
  numberFrom,
  type OptionRules,
  positiveMilliseconds,
  wholeNumber,
} from './option-checks.ts';
import type {
  CallOptions,
  ClientOptions,
  LivenessOptions,
  ResilienceOptions,
  SharedOptions,
  TransactionDefaults,
  TransactionOptions,
  WatchOptions,
} from './options.ts';

/** A check for each option that there is, and for no other. */
type ChecksOf<T> = { readonly [K in keyof Required<T>]: Check };

/** What options were called before, and where those belong that are no part of a policy. */
const renamed: Readonly<Record<string, string>> = {
  adjudicate: 'it is called `shouldRetry` now',
  fence: 'it is called `killLostSessions` now, and is true or false',
  watchAfter: 'it is `watch: { after }` now, or `watch: false`',
  watchTimeout: 'it is `watch: { timeout }` now',
  onGiveUp: 'it is called `onRetriesExhausted` now',
  credentials:
    'it belongs to the options that gone-away makes a pool from, as in withResilience({ uri, credentials }). A pool that you have made logs in as you have told it',
};

const renamedForTransactions: Readonly<Record<string, string>> = {
  retry: 'it is called `rerun` now, and is true or false',
};

const renamedForLiveness: Readonly<Record<string, string>> = {
  idleTrust: 'it is called `liveness.trustIdleFor` now',
  maxIdle: 'it is called `liveness.idleTimeout` now',
};

const ofThePool = 'it belongs to the pool, for all calls share its connections. Give it to withResilience(pool, ...)';

const notForAPool =
  'it is for single calls, as in $resilience({ idempotent: true }). For all calls it would let every write be applied more than once';

const transactionDefaultChecks: ChecksOf<TransactionDefaults> = { rerun: aBoolean, exactlyOnce: aBoolean };

const sharedChecks: ChecksOf<SharedOptions> = {
  retries: wholeNumber,
  lossRetries: wholeNumber,
  minTimeout: milliseconds,
  maxTimeout: milliseconds,
  factor: numberFrom(1),
  maxRetryTime: milliseconds,
  signal: aSignal,
  attemptTimeout: positiveMilliseconds,
  acquireTimeout: positiveMilliseconds,
  killLostSessions: aBoolean,
  watch: anObjectOrFalse({
    checks: { after: positiveMilliseconds, timeout: positiveMilliseconds } satisfies ChecksOf<WatchOptions>,
  }),
  exactlyOnce: aBoolean,
  safeFunctions: (name, value) => {
    readFunctionNames(name, value);
  },
  transactions: anObject({ checks: transactionDefaultChecks, hints: renamedForTransactions }),
  shouldRetry: aFunction,
  onRetry: aFunction,
  onRetriesExhausted: aFunction,
};

/** It is an option, and has one value where it means nothing. */
const notIdempotent: Check = (name, value) => {
  if (value !== false) throw new TypeError(`Unexpected option \`${name}\`: ${notForAPool}`);
};

const amounts = { capacity: numberFrom(0), refundPerSuccess: numberFrom(0), refillPerSecond: numberFrom(0) };

const clientChecks: ChecksOf<ClientOptions> & { readonly idempotent: Check } = {
  ...sharedChecks,
  idempotent: notIdempotent,
  budget: anObjectOrFalse({ checks: amounts }),
};

const poolChecks: ChecksOf<ResilienceOptions> & { readonly idempotent: Check } = {
  ...clientChecks,
  liveness: anObject({
    checks: {
      trustIdleFor: milliseconds,
      idleTimeout: positiveMilliseconds,
      maxLifetime: positiveMilliseconds,
      pingTimeout: positiveMilliseconds,
    } satisfies ChecksOf<LivenessOptions>,
    hints: renamedForLiveness,
  }),
  ledgerTable: (name, value) =>
    expect(
      typeof value === 'string' && /^([\w$]{1,64}\.)?[\w$]{1,64}$/.test(value),
      name,
      value,
      'a name of letters, digits, _ and $, with or without a database in front',
    ),
  onEvict: aFunction,
};

const onlyForPools = Object.fromEntries(
  Object.keys(poolChecks)
    .filter((name) => !(name in clientChecks))
    .map((name) => [name, ofThePool]),
);

export const poolRules: OptionRules = { checks: poolChecks, hints: renamed };

export const clientRules: OptionRules = { checks: clientChecks, hints: { ...renamed, ...onlyForPools } };

export const callRules: OptionRules = {
  checks: { ...sharedChecks, idempotent: aBoolean } satisfies ChecksOf<CallOptions>,
  hints: { ...renamed, ...onlyForPools, budget: ofThePool },
};

export const transactionRules: OptionRules = {
  checks: {
    ...transactionDefaultChecks,
    idempotencyKey: (name, value) => {
      expect(typeof value === 'string', name, value, 'a string');
      // A key may tell something about somebody, so it is not shown; and what is no Unicode would be hashed like other such keys.
      const holds = value.length >= 1 && value.length <= 1_024 && isWellFormed(value);
      if (!holds)
        throw new TypeError(`Expected \`${name}\` to be 1 to 1024 characters of Unicode, got others (${value.length})`);
    },
  } satisfies ChecksOf<TransactionOptions>,
  hints: renamedForTransactions,
};

/** The names of {@link TransactionOptions}, old ones too, by which they are told from an ORM's own. */
export const transactionOptionNames: readonly string[] = [
  ...Object.keys(transactionRules.checks),
  ...Object.keys(renamedForTransactions),
];

/** No half of a surrogate pair stands alone. */
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

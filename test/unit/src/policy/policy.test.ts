import { describe, expect, it } from 'vitest';
import {
  callPolicy,
  clientPolicy,
  ownTransactionOptions,
  retryPolicy,
  transactionPolicy,
} from '../../../../src/internal.ts';

// Options as they come from JavaScript or from a file, where no compiler has seen them.
const fromOutside = (options: unknown) => () => retryPolicy(options as never);

describe('retryPolicy', () => {
  it('is complete, safe and frozen with no option given', () => {
    const policy = retryPolicy();
    expect(policy).toMatchObject({ retries: 10, maxRetryTime: 60_000, acquireTimeout: undefined, idempotent: false });
    expect(policy).toMatchObject({ killLostSessions: true, watch: { after: 5_000, timeout: 10_000 } });
    expect(policy.attemptTimeout).toBeUndefined();
    expect(Object.isFrozen(policy)).toBe(true);
  });

  it('keeps the defaults of a group of which some are given', () => {
    const policy = retryPolicy({ liveness: { trustIdleFor: 5 }, budget: { capacity: 1 } });
    expect(policy.liveness).toMatchObject({ trustIdleFor: 5, idleTimeout: 180_000 });
    expect(policy.budget).toMatchObject({ capacity: 1, refillPerSecond: 20 });
    expect(Object.isFrozen(policy.liveness)).toBe(true);
  });

  it('takes undefined for the default', () => {
    expect(
      retryPolicy({ retries: undefined, signal: undefined, liveness: { idleTimeout: undefined as never } }),
    ).toEqual(retryPolicy());
  });

  it('is made once, and accepted as it is where options are', () => {
    const policy = retryPolicy({ retries: 3, budget: false });
    expect(retryPolicy(policy)).toBe(policy);
    expect(clientPolicy(policy).policy).toBe(policy);
  });

  it('has the names of safe functions in one form, and its own copy of them', () => {
    const safeFunctions = ['Price_Of', '`Shop`.`PRICE_OF`', '`a b`'];
    const policy = retryPolicy({ safeFunctions });
    safeFunctions[0] = 'get_lock';
    expect(policy.safeFunctions).toEqual(['price_of', 'Shop.price_of', '`a b`']);
    expect(Object.isFrozen(policy.safeFunctions)).toBe(true);
    expect(callPolicy(policy, { safeFunctions: ['f'] }).safeFunctions).toEqual(['f']);
    expect(callPolicy(policy, {}).safeFunctions).toBe(policy.safeFunctions);
    expect(clientPolicy(retryPolicy({ safeFunctions: ['F'] })).asked).toEqual({ safeFunctions: ['f'] });
  });

  it('that another copy of this package made is as good as its options', () => {
    const policy = retryPolicy({ retries: 3, budget: false, exactlyOnce: true, watch: false });
    expect(retryPolicy({ ...policy } as never)).toEqual(policy);
  });

  it.each([
    ['retries: NaN', { retries: Number.NaN }, /`retries` to be a whole number from 0, got NaN/],
    ['retries: -1', { retries: -1 }, /`retries`.*got -1/],
    ['retries: 1.5', { retries: 1.5 }, /`retries`.*got 1.5/],
    ['retries: Infinity', { retries: Number.POSITIVE_INFINITY }, /`retries`.*got Infinity/],
    ['retries: "3"', { retries: '3' }, /`retries`.*got "3"/],
    ['minTimeout: -5', { minTimeout: -5 }, /`minTimeout` to be milliseconds.*got -5/],
    ['maxTimeout beyond a timer', { maxTimeout: 2 ** 31 }, /`maxTimeout`.*got 2147483648/],
    [
      'maxTimeout below minTimeout',
      { minTimeout: 100, maxTimeout: 50 },
      /`maxTimeout` to be at least `minTimeout` \(100\), got 50/,
    ],
    ['factor: 0.5', { factor: 0.5 }, /`factor` to be a number from 1, got 0.5/],
    ['maxRetryTime: null', { maxRetryTime: null }, /`maxRetryTime`.*got null/],
    ['attemptTimeout: 0', { attemptTimeout: 0 }, /`attemptTimeout`.*got 0/],
    ['acquireTimeout: "soon"', { acquireTimeout: 'soon' }, /`acquireTimeout`.*got "soon"/],
    ["killLostSessions: 'no'", { killLostSessions: 'no' }, /`killLostSessions` to be true or false, got "no"/],
    ['watch: true', { watch: true }, /`watch` to be an object or false, got true/],
    ['watch.after: 0', { watch: { after: 0 } }, /`watch.after`.*got 0/],
    ['watch.timeout: false', { watch: { timeout: false } }, /`watch.timeout`.*got false/],
    ['signal: an object', { signal: { aborted: false } }, /`signal` to be an AbortSignal, got an object/],
    ['idempotent: true', { idempotent: true }, /`idempotent`: it is for single calls.*applied more than once/],
    ['shouldRetry: true', { shouldRetry: true }, /`shouldRetry` to be a function, got true/],
    ['onRetry: an array', { onRetry: [] }, /`onRetry` to be a function, got an array/],
    ['budget: true', { budget: true }, /`budget` to be an object or false, got true/],
    ['budget.capacity: -1', { budget: { capacity: -1 } }, /`budget.capacity`.*got -1/],
    [
      'an unknown key in budget',
      { budget: { size: 1 } },
      /Unknown option `size` in `budget`; expected one of: capacity/,
    ],
    ['exactlyOnce: 1', { exactlyOnce: 1 }, /`exactlyOnce` to be true or false, got 1/],
    [
      'transactions.exactlyOnce: "yes"',
      { transactions: { exactlyOnce: 'yes' } },
      /`transactions.exactlyOnce` to be true or false, got "yes"/,
    ],
    [
      'a key for all transactions',
      { transactions: { idempotencyKey: 'k' } },
      /Unknown option `idempotencyKey` in `transactions`/,
    ],
    [
      'transactions.exactlyOnce with rerun: false',
      { transactions: { exactlyOnce: true, rerun: false } },
      /`rerun` to be true or left out beside `exactlyOnce`, got false/,
    ],
    [
      "safeFunctions: 'price_of'",
      { safeFunctions: 'price_of' },
      /`safeFunctions` to be an array of names of functions, got "price_of"/,
    ],
    [
      'safeFunctions with a call',
      { safeFunctions: ['f', 'price_of()'] },
      /`safeFunctions\[1\]` to be the name of a function, as in 'price_of' or 'shop.price_of', got "price_of\(\)"/,
    ],
    ['safeFunctions with three parts', { safeFunctions: ['a.b.c'] }, /`safeFunctions\[0\]`.*got "a.b.c"/],
    ['safeFunctions with nothing', { safeFunctions: [''] }, /`safeFunctions\[0\]`.*got ""/],
    ['safeFunctions with a number', { safeFunctions: [7] }, /`safeFunctions\[0\]`.*got 7/],
    ['safeFunctions with a hole', { safeFunctions: new Array(2) }, /`safeFunctions\[0\]`.*got undefined/],
    ['safeFunctions without end', { safeFunctions: new Array(2 ** 32 - 1) }, /`safeFunctions`.*got one of 4294967295/],
    [
      'safeFunctions with one that locks',
      { safeFunctions: ['Get_Lock'] },
      /`safeFunctions\[0\]` to be a function without effects, got "Get_Lock"/,
    ],
    ['ledgerTable: "a b"', { ledgerTable: 'a b' }, /`ledgerTable` to be a name of letters.*got "a b"/],
    ['liveness: 5', { liveness: 5 }, /`liveness` to be an object, got 5/],
    ['liveness.idleTimeout: 0', { liveness: { idleTimeout: 0 } }, /`liveness.idleTimeout`.*got 0/],
    ['an unknown key', { retry: 3 }, /Unknown option `retry` in `policy`; expected one of: retries/],
    ['an array', [], /`policy` to be an object, got an array/],
    ['null', null, /`policy` to be an object, got null/],
    ['a number', 3, /`policy` to be an object, got 3/],
  ])('refuses %s with an error that names option, value and expectation', (_name, options, message) => {
    expect(fromOutside(options)).toThrow(TypeError);
    expect(fromOutside(options)).toThrow(message);
  });

  it('is not fooled by keys of an object prototype', () => {
    expect(fromOutside(JSON.parse('{"__proto__": {"retries": 1}}'))).toThrow(/Unknown option `__proto__`/);
    expect(fromOutside(JSON.parse('{"constructor": 1}'))).toThrow(/Unknown option `constructor`/);
  });

  it('does not repeat a long value, which may be a secret', () => {
    expect(fromOutside({ retries: `${'x'.repeat(40)}secret` })).toThrow(/^(?!.*secret)/);
  });
});

describe('callPolicy', () => {
  it('lays the options of a call over the policy of the pool', () => {
    const base = retryPolicy({ retries: 3, acquireTimeout: 50 });
    expect(callPolicy(base, { idempotent: true, retries: 0 })).toMatchObject({
      retries: 0,
      idempotent: true,
      acquireTimeout: 50,
    });
    expect(base.retries).toBe(3);
    expect(callPolicy(base, { killLostSessions: false, watch: false })).toMatchObject({
      killLostSessions: false,
      watch: false,
    });
    expect(callPolicy(base, { watch: { after: 50 } }).watch).toEqual({ after: 50, timeout: 10_000 });
  });

  it.each(['budget', 'liveness', 'ledgerTable', 'onEvict'])('refuses %s, which belongs to the pool', (key) => {
    expect(() => callPolicy(retryPolicy(), { [key]: undefined } as never)).toThrow(
      `\`${key}\`: it belongs to the pool`,
    );
  });
});

describe('clientPolicy', () => {
  it('tells what was asked for from what is the default', () => {
    const { policy, asked } = clientPolicy({ retries: 3, budget: false, signal: undefined });
    expect(policy).toMatchObject({ retries: 3, budget: false, maxRetryTime: 60_000 });
    expect(asked).toEqual({ retries: 3 });
  });

  it('of a policy that was made for several uses leaves out what is about connections', () => {
    const policy = retryPolicy({
      acquireTimeout: 5,
      liveness: { idleTimeout: 9 },
      ledgerTable: 'a.b',
      onEvict: () => {},
    });
    expect(clientPolicy(policy)).toEqual({ policy, asked: { acquireTimeout: 5 } });
  });

  it.each(['liveness', 'ledgerTable', 'onEvict'])('refuses %s, which belongs to the pool', (key) => {
    expect(() => clientPolicy({ [key]: undefined } as never)).toThrow(`\`${key}\`: it belongs to the pool`);
  });

  it('refuses to take every call for idempotent', () => {
    expect(() => clientPolicy({ idempotent: true } as never)).toThrow(/single calls/);
  });
});

describe('an option by its old name is refused, and the new one is named', () => {
  it.each([
    ['fence', 'killLostSessions', { fence: 'kill' }],
    ['adjudicate', 'shouldRetry', { adjudicate: () => true }],
    ['watchAfter', 'watch: { after }', { watchAfter: 1 }],
    ['watchTimeout', 'watch: { timeout }', { watchTimeout: 1 }],
    ['onGiveUp', 'onRetriesExhausted', { onGiveUp: () => {} }],
    ['transactions.retry', 'rerun', { transactions: { retry: 'rerun' } }],
    ['liveness.maxIdle', 'liveness.idleTimeout', { liveness: { maxIdle: 1 } }],
    ['liveness.idleTrust', 'liveness.trustIdleFor', { liveness: { idleTrust: 1 } }],
  ])('%s: %s', (old, now, options) => {
    expect(fromOutside(options)).toThrow(TypeError);
    expect(fromOutside(options)).toThrow(`Unexpected option \`${old}\`: it is`);
    expect(fromOutside(options)).toThrow(now);
  });

  it('also for one call and for one transaction', () => {
    expect(() => callPolicy(retryPolicy(), { fence: 'none' } as never)).toThrow(/`killLostSessions` now/);
    expect(() => ownTransactionOptions(retryPolicy().transactions, { retry: 'rerun' }, [])).toThrow(/`rerun` now/);
  });
});

describe('exactlyOnce', () => {
  it('implies that a callback may run again, and holds for transactions as well', () => {
    const all = { rerun: true, exactlyOnce: true };
    expect(retryPolicy({ exactlyOnce: true }).transactions).toEqual(all);
    expect(retryPolicy({ transactions: { exactlyOnce: true } })).toMatchObject({
      exactlyOnce: false,
      transactions: all,
    });
    expect(callPolicy(retryPolicy(), { exactlyOnce: true }).transactions).toEqual(all);
    const but = { exactlyOnce: true, transactions: { exactlyOnce: false } };
    expect(callPolicy(retryPolicy(), but)).toMatchObject({ exactlyOnce: true, transactions: { exactlyOnce: false } });
    const policy = retryPolicy({ exactlyOnce: true, ledgerTable: 'a.b' });
    expect(retryPolicy(policy)).toEqual(policy);
  });

  it('is implied by an idempotencyKey, which is of one transaction alone', () => {
    const { transactions } = retryPolicy();
    expect(transactionPolicy(transactions, { idempotencyKey: 'k' })).toEqual({
      rerun: true,
      exactlyOnce: true,
      idempotencyKey: 'k',
    });
    expect(transactionPolicy(transactions, {})).toEqual({
      rerun: false,
      exactlyOnce: false,
      idempotencyKey: undefined,
    });
  });

  it.each([
    [
      'an empty key',
      { idempotencyKey: '' },
      /`idempotencyKey` to be 1 to 1024 characters of Unicode, got others \(0\)/,
    ],
    ['a long key', { idempotencyKey: 'secret'.repeat(200) }, /^(?!.*secret).*\(1200\)/],
    ['half a character', { idempotencyKey: '\ud800' }, /of Unicode/],
    ['a number', { idempotencyKey: 42 }, /`idempotencyKey` to be a string, got 42/],
    ['null', { idempotencyKey: null }, /`idempotencyKey` to be a string, got null/],
    ['a key without it', { idempotencyKey: 'k', exactlyOnce: false }, /`exactlyOnce` to be true or left out/],
    ['a key and rerun: false', { idempotencyKey: 'k', rerun: false }, /`rerun` to be true or left out/],
  ])('is refused with %s', (_name, options, message) => {
    const given = () => transactionPolicy(retryPolicy().transactions, options as never);
    expect(given).toThrow(TypeError);
    expect(given).toThrow(message);
  });
});

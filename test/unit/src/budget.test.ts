import { describe, expect, it } from 'vitest';
import { accountOf, RetryBudget } from '../../../src/budget.ts';
import type { Failure, FailureKind } from '../../../src/failure.ts';
import { classify } from '../../../src/internal.ts';

const failed = (kind: FailureKind): Failure => ({ ...classify(new Error('made up')), kind });
const loss = failed('connection-lost');
const deadlock = failed('deadlock');

function budgetOf(options: { capacity: number; refundPerSuccess?: number; refillPerSecond?: number }) {
  const clock = { now: 0 };
  const complete = { refundPerSuccess: 0, refillPerSecond: 0, ...options };
  return { clock, budget: new RetryBudget(complete, () => clock.now) };
}

describe('RetryBudget', () => {
  it('allows its capacity at once and then no more', () => {
    const { budget } = budgetOf({ capacity: 3 });
    expect([1, 2, 3, 4].map(() => budget.trySpend(loss))).toEqual([true, true, true, false]);
  });

  it('pays back a fraction of a retry for every success', () => {
    const { budget } = budgetOf({ capacity: 1, refundPerSuccess: 0.5 });
    budget.trySpend(loss);
    budget.refund();
    expect(budget.trySpend(loss)).toBe(false);
    budget.refund();
    expect(budget.trySpend(loss)).toBe(true);
  });

  it('refills with time, for pools that see little traffic', () => {
    const { budget, clock } = budgetOf({ capacity: 2, refillPerSecond: 1 });
    budget.trySpend(loss);
    budget.trySpend(loss);
    clock.now = 999;
    expect(budget.trySpend(loss)).toBe(false);
    clock.now = 1_000;
    expect(budget.trySpend(loss)).toBe(true);
  });

  it('never holds more than its capacity', () => {
    const { budget, clock } = budgetOf({ capacity: 1, refillPerSecond: 100, refundPerSuccess: 1 });
    clock.now = 60_000;
    budget.refund();
    expect([budget.trySpend(loss), budget.trySpend(loss)]).toEqual([true, false]);
  });

  it.each(['deadlock', 'conflict', 'lock-wait'] as const)(
    "never lets %s and losses use up what is the other's",
    (kind) => {
      const { budget } = budgetOf({ capacity: 2 });
      while (budget.trySpend(failed(kind))) {}
      expect([1, 2, 3].map(() => budget.trySpend(loss))).toEqual([true, true, false]);
      const { budget: other } = budgetOf({ capacity: 2 });
      while (other.trySpend(loss)) {}
      expect(other.trySpend(failed(kind))).toBe(true);
    },
  );

  it('sells ten retries of resolved conflicts for a token, but one after a wait for a lock that is still held', () => {
    const spendAll = (failure: Failure) => {
      const { budget } = budgetOf({ capacity: 1 });
      let spent = 0;
      while (budget.trySpend(failure)) spent += 1;
      return spent;
    };
    expect(spendAll(deadlock)).toBe(10);
    expect(spendAll(failed('conflict'))).toBe(10);
    expect(spendAll(failed('lock-wait'))).toBe(1);
  });

  it('pays a success into both accounts', () => {
    const { budget } = budgetOf({ capacity: 1, refundPerSuccess: 1 });
    while (budget.trySpend(deadlock)) {}
    while (budget.trySpend(loss)) {}
    budget.refund();
    expect([budget.trySpend(deadlock), budget.trySpend(loss)]).toEqual([true, true]);
  });

  it.each([
    [1213, 'conflicts'],
    [1205, 'conflicts'],
    [1020, 'conflicts'],
    [3101, 'conflicts'],
    [1053, 'losses'],
    [1040, 'losses'],
  ] as const)('has the account of error %i: %s', (errno, account) => {
    expect(accountOf(classify(Object.assign(new Error('made up'), { errno })))).toBe(account);
  });
});

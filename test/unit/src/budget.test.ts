import { describe, expect, it } from 'vitest';
import { RetryBudget } from '../../../src/budget.ts';

function budgetOf(options: { capacity: number; refundPerSuccess?: number; refillPerSecond?: number }) {
  const clock = { now: 0 };
  const complete = { refundPerSuccess: 0, refillPerSecond: 0, ...options };
  return { clock, budget: new RetryBudget(complete, () => clock.now) };
}

describe('RetryBudget', () => {
  it('allows its capacity at once and then no more', () => {
    const { budget } = budgetOf({ capacity: 3 });
    expect([1, 2, 3, 4].map(() => budget.trySpend())).toEqual([true, true, true, false]);
  });

  it('pays back a fraction of a retry for every success', () => {
    const { budget } = budgetOf({ capacity: 1, refundPerSuccess: 0.5 });
    budget.trySpend();
    budget.refund();
    expect(budget.trySpend()).toBe(false);
    budget.refund();
    expect(budget.trySpend()).toBe(true);
  });

  it('refills with time, for pools that see little traffic', () => {
    const { budget, clock } = budgetOf({ capacity: 2, refillPerSecond: 1 });
    budget.trySpend();
    budget.trySpend();
    clock.now = 999;
    expect(budget.trySpend()).toBe(false);
    clock.now = 1_000;
    expect(budget.trySpend()).toBe(true);
  });

  it('never holds more than its capacity', () => {
    const { budget, clock } = budgetOf({ capacity: 1, refillPerSecond: 100, refundPerSuccess: 1 });
    clock.now = 60_000;
    budget.refund();
    expect([budget.trySpend(), budget.trySpend()]).toEqual([true, false]);
  });
});

import { describe, expect, test } from 'vitest';
import { isOver, isWarm, planOf } from '../campaigns/soak/plan.ts';

const minute = 60_000;

describe('the plan of a soak', () => {
  test.each([
    [2, 12],
    [30, 180],
    [1_440, 500],
  ])('of %d minutes has about %d rounds, most of each with faults', (minutes, rounds) => {
    const { faultsMs, quietMs } = planOf(minutes);
    const roundMs = (minutes * minute) / rounds;
    expect(faultsMs + 4 * quietMs).toBeLessThan(roundMs);
    expect(faultsMs).toBeGreaterThan(roundMs / 2);
  });

  test('lets faults happen however short it is', () => {
    expect(planOf(0.3).faultsMs).toBeGreaterThanOrEqual(1_500);
  });

  test('warms up for a fourth of its time, for two rounds at least and for three minutes at most', () => {
    expect(isWarm(2, 0.4 * minute, 5)).toBe(false);
    expect(isWarm(2, 0.5 * minute, 5)).toBe(true);
    expect(isWarm(2, 0.5 * minute, 1)).toBe(false);
    expect(isWarm(600, 3 * minute, 5)).toBe(true);
  });

  test('is over when its time is, if there are readings enough for a trend', () => {
    expect(isOver(2, 2 * minute - 1, 20)).toBe(false);
    expect(isOver(2, 2 * minute, 6)).toBe(true);
    expect(isOver(2, 2 * minute, 5)).toBe(false);
  });
});

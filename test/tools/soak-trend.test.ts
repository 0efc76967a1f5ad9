import { describe, expect, test } from 'vitest';
import { growthOf, intervalOfMedian, medianOf } from '../campaigns/soak/trend.ts';
import { randomFrom } from '../support/fuzz/random-from.ts';

/** So many readings of something that grows by as much in all, with noise of up to this size. */
function readings(count: number, growth: number, noise: number, seed = 1) {
  const random = randomFrom(seed);
  return Array.from({ length: count }, (_, index) => ({
    at: index * 0.15,
    value: 60 + (growth * index) / (count - 1) + noise * (random() - 0.5),
  }));
}

describe('a trend', () => {
  test('without noise is what it is', () => {
    const { growth, low, high } = growthOf(readings(10, 3, 0));
    for (const found of [growth, low, high]) expect(found).toBeCloseTo(3, 9);
  });

  test('holds the truth in its interval, and no growth where there is none', () => {
    let missed = 0;
    for (let seed = 0; seed < 300; seed += 1) {
      for (const truth of [0, 5]) {
        const { low, high } = growthOf(readings(12, truth, 2, seed));
        if (truth < low || truth > high) missed += 1;
      }
    }
    // One of a hundred may.
    expect(missed).toBeLessThan(18);
  });

  test('of more readings has a narrower interval', () => {
    const width = (count: number) => {
      const { low, high } = growthOf(readings(count, 0, 2));
      return high - low;
    };
    expect(width(150)).toBeLessThan(width(10) / 3);
  });

  test('bears with readings in which something large was just alive', () => {
    const noisy = readings(40, 4, 0.5).map((point, index) => (index % 9 === 8 ? { ...point, value: 200 } : point));
    const { growth, low } = growthOf(noisy);
    expect(growth).toBeCloseTo(4, 0);
    expect(low).toBeGreaterThan(2);
  });

  test('of too few readings is none', () => {
    expect(() => growthOf(readings(2, 1, 0))).toThrow('too few');
  });
});

describe('a median', () => {
  test('stands in the middle, and between two where they are even', () => {
    expect(medianOf([9, 1, 5])).toBe(5);
    expect(medianOf([4, 1, 3, 2])).toBe(2.5);
    expect(medianOf([7])).toBe(7);
    expect(medianOf([])).toBeNaN();
  });

  test('of a few values is somewhere between the least and the most, of many in a narrow interval', () => {
    expect(intervalOfMedian([3, 1, 2])).toEqual({ low: 1, high: 3 });
    const { low, high } = intervalOfMedian(Array.from({ length: 101 }, (_, index) => index));
    expect([low, high]).toEqual([37, 63]);
  });
});

import { describe, expect, it } from 'vitest';
import { agree, costsOf, figureOf } from '../../../../bench/cost/summary.ts';
import { bare, ours } from './sample.ts';

describe('the cost of a call', () => {
  it('is the median of the windows, and more or less than that of the first contender', () => {
    expect(costsOf([bare, ours])).toMatchObject([
      { name: 'bare', work: { median: 74_400, range: [74_000, 75_000] }, moreWork: 0, moreAllocated: 0, places: [] },
      { name: 'gone-away', work: { median: 59_520 }, moreWork: -14_880, moreAllocated: 2_070, places: ours.places },
    ]);
  });

  it.each([
    [[], 'nothing was counted'],
    [[1, 0], 'counted 1, 0'],
    [[1, Number.NaN], 'counted 1, NaN'],
    [[1, Number.POSITIVE_INFINITY], 'counted 1, Infinity'],
  ])('is nothing that cannot be: %j', (counts, message) => {
    expect(() => figureOf(counts)).toThrow(message);
  });
});

describe('windows', () => {
  it.each([
    [[100, 101, 102, 100, 101], true],
    [[302, 76, 76, 77, 70], true],
    [[110, 80, 74, 74, 74], false],
    [[62, 61, 205, 62, 138], false],
    [[5], false],
    [[], false],
  ])('agree but for the least and the most: %j', (windows, expected) => {
    expect(agree(windows, 0.02)).toBe(expected);
  });
});

import { describe, expect, it } from 'vitest';
import { distributionOf } from '../../../../bench/recovery/distribution.ts';

const to = (count: number) => Array.from({ length: count }, (_, index) => count - index);

describe('a distribution', () => {
  it('has values that were measured, and the worst where they are few', () => {
    const expected = { median: 5, middleHalf: [3, 8], tail: 10, tailIs: 'worst', missed: 0 };
    expect(distributionOf(to(10))).toEqual(expected);
    expect(distributionOf([7])).toEqual({ ...expected, median: 7, middleHalf: [7, 7], tail: 7 });
  });

  it('has the 99th percentile where they are many', () => {
    expect(distributionOf(to(200))).toMatchObject({ tail: 198, tailIs: 'p99' });
  });

  it('counts what did not come as worse than all that did', () => {
    expect(distributionOf([undefined, 1, 2, undefined])).toEqual({
      median: 2,
      middleHalf: [1, null],
      tail: null,
      tailIs: 'worst',
      missed: 2,
    });
    expect(distributionOf([undefined])).toMatchObject({ median: null, missed: 1 });
  });
});

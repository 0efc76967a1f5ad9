import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fullJitterDelay } from '../../../src/internal.ts';

const options = { minTimeout: 50, maxTimeout: 2_000, factor: 2 };

describe('fullJitterDelay', () => {
  it('draws the first delay from zero to minTimeout', () => {
    expect(fullJitterDelay(1, options, () => 0)).toBe(0);
    expect(fullJitterDelay(1, options, () => 0.999_999)).toBe(50);
  });

  it('doubles the range with every retry, up to maxTimeout', () => {
    const caps = [1, 2, 3, 6, 7, 50].map((retry) => fullJitterDelay(retry, options, () => 0.999_999_9));
    expect(caps).toEqual([50, 100, 200, 1_600, 2_000, 2_000]);
  });

  it('still draws evenly once the cap is reached', () => {
    expect([0, 0.25, 0.5, 0.75].map((random) => fullJitterDelay(40, options, () => random))).toEqual([
      0, 500, 1000, 1500,
    ]);
  });

  it('never leaves its range, whatever the options', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5_000 }),
        fc.record({
          minTimeout: fc.nat(60_000),
          maxTimeout: fc.nat(600_000),
          factor: fc.double({ min: 1, max: 10, noNaN: true }),
        }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (retry, drawn, random) => {
          const delay = fullJitterDelay(retry, drawn, () => random);
          expect(Number.isInteger(delay) && delay >= 0 && delay <= drawn.maxTimeout).toBe(true);
        },
      ),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { compare } from '../../../bench/compare.ts';

const rounds = (...times: readonly number[]) => times.map((ms) => ({ ms, cpu: ms * 500 }));

describe('a comparison', () => {
  it('is of the rounds, and not of their sums', () => {
    // One round of a busy machine hits both, and says nothing of either.
    const found = compare(
      new Map([
        ['first', rounds(10, 10, 1_000, 10, 10)],
        ['other', rounds(20, 20, 2_000, 20, 20)],
      ]),
      10,
    );
    expect(found).toMatchObject([
      { name: 'first', ratio: 1, spread: [1, 1], cpuRatio: 1, cpuPerCall: 500 },
      { name: 'other', ratio: 0.5, spread: [0.5, 0.5], cpuRatio: 2, cpuSpread: [2, 2], cpuPerCall: 1_000 },
    ]);
    expect(found[0]?.callsPerSecond).toBeCloseTo(50_000 / 1_040);
  });

  it('has the median, and the middle half', () => {
    const [, other] = compare(
      new Map([
        ['first', rounds(10, 10, 10, 10, 10)],
        ['other', rounds(10, 20, 5, 40, 2.5)],
      ]),
      1,
    );
    expect(other).toMatchObject({ ratio: 1, spread: [0.5, 2], cpuRatio: 1, cpuSpread: [0.5, 2] });
  });
});

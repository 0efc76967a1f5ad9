import { describe, expect, it } from 'vitest';
import { medianWindow, throughputSince } from '../../../../bench/recovery/windows.ts';

/** Calls that end every so many milliseconds. */
const every = (ms: number, from: number, to: number): number[] =>
  Array.from({ length: Math.floor((to - from) / ms) }, (_, index) => from + index * ms);

describe('the median window', () => {
  it('is of the whole windows from one time to another', () => {
    const ends = [...every(1, 0, 100), ...every(10, 100, 200), ...every(5, 200, 300), ...every(1, 300, 400)];
    expect(medianWindow(ends, 0, 300)).toBe(20);
    expect(medianWindow(ends, 0, 350)).toBe(20);
    expect(medianWindow([], 0, 300)).toBe(0);
  });
});

describe('the throughput from before', () => {
  it('is there since the first window with 90 % of it', () => {
    expect(throughputSince(every(10, 1_000, 2_000), 1_000, 2_000, 10)).toBe(1_000);
    expect(throughputSince(every(10, 1_300, 2_000), 1_000, 2_000, 10)).toBe(1_290);
    expect(throughputSince(every(20, 1_000, 2_000), 1_000, 2_000, 10)).toBeUndefined();
  });

  it('takes a window that is over', () => {
    const ends = every(10, 1_300, 2_000);
    expect(throughputSince(ends, 1_000, 1_389, 10)).toBeUndefined();
    expect(throughputSince(ends, 1_000, 1_390, 10)).toBe(1_290);
  });

  it('is not that of the outage', () => {
    expect(throughputSince(every(10, 0, 1_000), 1_000, 2_000, 10)).toBeUndefined();
  });
});

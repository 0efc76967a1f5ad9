/** What came of some repeats. Where the value is that of a repeat in which it did not come, it is null. */
export interface Distribution {
  readonly median: number | null;
  readonly middleHalf: readonly [low: number | null, high: number | null];
  /** The 99th percentile, or the worst where there are fewer than 100 repeats. */
  readonly tail: number | null;
  readonly tailIs: 'p99' | 'worst';
  /** In how many repeats it did not come. */
  readonly missed: number;
}

/** @param values one of each repeat; undefined, which is worse than any, where it did not come */
export function distributionOf(values: readonly (number | undefined)[]): Distribution {
  const came = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  // The nearest rank: a value that was measured, and none between two of them.
  const at = (share: number) => came[Math.max(0, Math.ceil(share * values.length) - 1)] ?? null;
  const tailIs = values.length < 100 ? 'worst' : 'p99';
  return {
    median: at(0.5),
    middleHalf: [at(0.25), at(0.75)],
    tail: at(tailIs === 'worst' ? 1 : 0.99),
    tailIs,
    missed: values.length - came.length,
  };
}

/** One round of one contender. */
export interface Measurement {
  readonly ms: number;
  /** CPU time of this process, in microseconds. */
  readonly cpu: number;
}

/** The middle half of the rounds: how far the machine's noise reaches. */
export type Spread = readonly [low: number, high: number];

export interface Comparison {
  readonly name: string;
  /** Throughput against the first contender, median over the rounds; 1 is as fast. */
  readonly ratio: number;
  readonly spread: Spread;
  readonly callsPerSecond: number;
  /** CPU time of this process per call against the first contender, median over the rounds; a noisy machine hardly moves it. */
  readonly cpuRatio: number;
  readonly cpuSpread: Spread;
  /** Microseconds, median over the rounds. */
  readonly cpuPerCall: number;
}

/** @param measurements of each contender, in the order of the rounds; what comes first is what the others are compared with. */
export function compare(
  measurements: ReadonlyMap<string, readonly Measurement[]>,
  callsPerRound: number,
): readonly Comparison[] {
  const [baseline = []] = measurements.values();
  return [...measurements].map(([name, own]) => {
    // Faster is more, and more CPU time is more: the one is turned around.
    const ratios = sorted(own.map(({ ms }, round) => (baseline[round]?.ms ?? Number.NaN) / ms));
    const cpuRatios = sorted(own.map(({ cpu }, round) => cpu / (baseline[round]?.cpu ?? Number.NaN)));
    const total = own.reduce((sum, { ms }) => sum + ms, 0);
    return {
      name,
      ratio: quantile(ratios, 0.5),
      spread: middleHalf(ratios),
      callsPerSecond: (1000 * callsPerRound * own.length) / total,
      cpuRatio: quantile(cpuRatios, 0.5),
      cpuSpread: middleHalf(cpuRatios),
      cpuPerCall: quantile(sorted(own.map(({ cpu }) => cpu / callsPerRound)), 0.5),
    };
  });
}

const sorted = (values: readonly number[]): readonly number[] => [...values].sort((a, b) => a - b);

const middleHalf = (values: readonly number[]): Spread => [quantile(values, 0.25), quantile(values, 0.75)];

function quantile(values: readonly number[], q: number): number {
  return values[Math.min(values.length - 1, Math.floor(q * values.length))] ?? Number.NaN;
}

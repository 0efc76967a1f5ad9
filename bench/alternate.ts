/** One thing to measure: does the work `calls` times. */
export interface Contender {
  readonly name: string;
  run(calls: number): Promise<void>;
}

export interface Comparison {
  readonly name: string;
  /** Throughput against the first contender, median over the rounds; 1 is as fast. */
  readonly ratio: number;
  /** The middle half of the rounds: how far the machine's noise reaches. */
  readonly spread: readonly [low: number, high: number];
  readonly callsPerSecond: number;
  /** CPU time of this process per call against the first contender, median over the rounds; a noisy machine hardly moves it. */
  readonly cpuRatio: number;
}

export interface AlternateOptions {
  readonly rounds: number;
  readonly callsPerRound: number;
}

/**
 * Measures contenders against the first of them. They take turns in short rounds of one run, each round in another order, and only
 * ratios within a round are compared: what else the machine does then hits all of them alike.
 */
export async function alternate(
  contenders: readonly [Contender, ...Contender[]],
  { rounds, callsPerRound }: AlternateOptions,
): Promise<readonly Comparison[]> {
  const baseline = contenders[0];
  const times = new Map(contenders.map(({ name }) => [name, [] as number[]]));
  const cpuTimes = new Map(contenders.map(({ name }) => [name, [] as number[]]));
  for (const contender of contenders) await contender.run(callsPerRound * 5);
  for (let round = 0; round < rounds; round += 1) {
    for (let place = 0; place < contenders.length; place += 1) {
      const contender = contenders[(place + round) % contenders.length] ?? baseline;
      const startedAt = performance.now();
      const cpuBefore = process.cpuUsage();
      await contender.run(callsPerRound);
      const { user, system } = process.cpuUsage(cpuBefore);
      times.get(contender.name)?.push(performance.now() - startedAt);
      cpuTimes.get(contender.name)?.push(user + system);
    }
  }
  const baselineTimes = times.get(baseline.name) ?? [];
  const baselineCpuTimes = cpuTimes.get(baseline.name) ?? [];
  return contenders.map(({ name }) => {
    const own = times.get(name) ?? [];
    const ratios = sortedRatios(baselineTimes, own);
    const total = own.reduce((sum, time) => sum + time, 0);
    return {
      name,
      ratio: quantile(ratios, 0.5),
      spread: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
      callsPerSecond: (1000 * callsPerRound * rounds) / total,
      cpuRatio: quantile(sortedRatios(cpuTimes.get(name) ?? [], baselineCpuTimes), 0.5),
    };
  });
}

/** Of each round, the one divided by the other. */
function sortedRatios(dividends: readonly number[], divisors: readonly number[]): readonly number[] {
  return dividends.map((dividend, round) => dividend / (divisors[round] ?? Number.NaN)).sort((a, b) => a - b);
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

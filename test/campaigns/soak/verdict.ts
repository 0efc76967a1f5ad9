import {
  type Census,
  type Holdings,
  type LargeStatement,
  type Quiet,
  type SoakedClient,
  type Stock,
  type Told,
  wrongAnswer,
} from './application/protocol.ts';
import { type Growth, growthOf, type Interval, intervalOfMedian, medianOf } from './trend.ts';

/** A look at what the process held, and at what the server had of it. */
export interface Reading extends Holdings, Stock {
  /** Minutes since the run began. */
  readonly at: number;
  /** Calls until then. */
  readonly calls: number;
  /** Threads of the server when all connections had been reset. */
  readonly strayThreads: number;
}

/** The same load with this package and without, one after the other. */
export interface QuietPair {
  readonly client: SoakedClient;
  readonly ours: Quiet;
  readonly bare: Quiet;
}

export interface LargeResult {
  readonly client: SoakedClient;
  readonly statement: LargeStatement;
  /** How it came to fail. */
  readonly end: string;
  /** What callers heard of it. */
  readonly told: readonly string[];
  /** Of each time that it was sent. */
  readonly oursMs: readonly number[];
  readonly bareMs: readonly number[];
}

/** What is there when all pools have ended. */
export interface Leftovers {
  readonly stock: Holdings & Stock;
  readonly threads: number;
  /** In words. */
  readonly transactions: readonly string[];
}

export interface SoakResult {
  readonly seconds: number;
  /** Of these, those in which calls were made as fast as they were answered. */
  readonly loadedSeconds: number;
  readonly told: Told;
  /** How often each fault happened. */
  readonly faults: Readonly<Record<string, number>>;
  /** When the pools had been made, and nothing called yet. */
  readonly before: Holdings;
  /** Of all rounds; so many of them belong to the warm-up. */
  readonly readings: readonly Reading[];
  readonly warmUp: number;
  /** After the last round. */
  readonly census: Census | undefined;
  readonly quiet: readonly QuietPair[];
  readonly large: readonly LargeResult[];
  readonly left: Leftovers;
}

/** How much later the event loop may be than without this package, and for how long one statement may hold it up. */
export const limits = { delayRatio: 1.2, blockedMs: 10, callsPerSecond: 1_000_000 / 1_800 } as const;

const megabyte = 2 ** 20;

/** What must not grow. */
interface Series {
  readonly name: string;
  readonly unit: string;
  value(reading: Reading): number;
  /**
   * Growth that may be. It is the same for each run: what V8 still compiles and what pools of memory still fill has an end, and a leak has
   * none, so that a longer run finds a smaller leak.
   */
  readonly allowance: number;
}

const series: readonly Series[] = [
  {
    name: 'memory',
    unit: 'MB',
    value: ({ heapBytes, externalBytes }) => (heapBytes + externalBytes) / megabyte,
    allowance: 2,
  },
  // What only native code holds shows here alone. The kernel does not get back at once what was free, and malloc leaves gaps.
  { name: 'resident set', unit: 'MB', value: ({ rssBytes }) => rssBytes / megabyte, allowance: 40 },
  { name: 'listeners of pools', unit: '', value: ({ poolListeners }) => poolListeners, allowance: 0 },
  {
    name: 'listeners of a connection',
    unit: '',
    value: ({ connectionListeners }) => connectionListeners,
    allowance: 0,
  },
];

/** By how many the objects of a kind may differ between two moments in which nothing happens. */
const censusAllowance: Readonly<Record<keyof Census, number>> = { timers: 30, sockets: 30, promises: 500 };

export interface SeriesGrowth extends Growth {
  readonly name: string;
  readonly unit: string;
  readonly last: number;
  readonly allowance: number;
  readonly grows: boolean;
  /** Growth that this run would have found: a leak that is smaller stays within what may be, or in the noise. */
  readonly findable: number;
}

/** What has grown after the warm-up. It grows where even the lower end of the interval is more than what may be. */
export function growths({ readings, warmUp }: SoakResult): readonly SeriesGrowth[] {
  const counted = readings.slice(warmUp);
  return series.map(({ name, unit, value, allowance }) => {
    const growth = growthOf(counted.map((reading) => ({ at: reading.at, value: value(reading) })));
    const last = counted.at(-1);
    const findable = allowance + growth.growth - growth.low;
    return { name, unit, ...growth, last: last ? value(last) : 0, allowance, grows: growth.low > allowance, findable };
  });
}

export interface DelayRatio extends Interval {
  readonly client: SoakedClient;
  readonly pairs: number;
  readonly oursMs: number;
  readonly bareMs: number;
  /** The median of the ratios of the pairs: what disturbs the machine for a moment disturbs one of them. */
  readonly ratio: number;
  /** Whether it is certain that it is more than what may be. A single p99 is a matter of luck on a machine that has other work. */
  readonly isTooMuch: boolean;
}

export function delayRatios({ quiet }: SoakResult): readonly DelayRatio[] {
  return [...new Set(quiet.map(({ client }) => client))].map((client) => {
    const pairs = quiet.filter((pair) => pair.client === client);
    const ratios = pairs.map(({ ours, bare }) => ours.p99Ms / bare.p99Ms);
    const interval = intervalOfMedian(ratios);
    return {
      client,
      pairs: pairs.length,
      oursMs: medianOf(pairs.map(({ ours }) => ours.p99Ms)),
      bareMs: medianOf(pairs.map(({ bare }) => bare.p99Ms)),
      ratio: medianOf(ratios),
      ...interval,
      isTooMuch: interval.low > limits.delayRatio,
    };
  });
}

/**
 * Whether it held the event loop up for too long: usually, for what the statement costs comes each time, and other work of the machine
 * does not. What the driver and the ORM need for it by themselves is not ours to shorten.
 */
export function blocksTooLong({ oursMs, bareMs }: LargeResult): boolean {
  return medianOf(oursMs) >= Math.max(limits.blockedMs, limits.delayRatio * medianOf(bareMs));
}

/** All that is wrong, each in a line; none if the run has passed. */
export function findings(result: SoakResult): readonly string[] {
  return [...whatGrew(result), ...whatWasTold(result), ...whatWasHeldUp(result), ...whatWasLeft(result)];
}

function whatGrew(result: SoakResult): readonly string[] {
  const { readings, warmUp, census: last } = result;
  const counted = readings.slice(warmUp);
  const grown = growths(result)
    .filter(({ grows }) => grows)
    .map(
      ({ name, unit, growth, low, allowance }) =>
        `${name} grew by ${rounded(growth)} ${unit} (by ${rounded(low)} at least; ${allowance} may be)`,
    );
  const first = readings[warmUp - 1]?.census;
  const alive = (Object.keys(censusAllowance) as readonly (keyof Census)[])
    .filter((kind) => first && last && last[kind] > first[kind] + censusAllowance[kind])
    .map((kind) => `${kind} that are alive: ${first?.[kind]} after the warm-up, ${last?.[kind]} after the last round`);
  const stray = counted.filter(({ strayThreads }) => strayThreads > 0).length;
  const lent = readings.filter((reading) => reading.lent > 0).length;
  return [
    ...grown,
    ...alive,
    ...(stray > 0 ? [`threads of the server whose connections had been reset, in ${stray} of the rounds`] : []),
    ...(lent > 0 ? [`connections that did not come back to their pool, in ${lent} of the rounds`] : []),
  ];
}

function whatWasTold({ told, left }: SoakResult): readonly string[] {
  return [
    ...Object.keys(told.errors).filter((error) => error.startsWith(wrongAnswer)),
    ...(told.hung > 0 ? [`${told.hung} calls never got an answer`] : []),
    ...left.stock.unheard.map((error) => `an error that nobody heard: ${error}`),
  ];
}

function whatWasHeldUp(result: SoakResult): readonly string[] {
  return [
    ...delayRatios(result)
      .filter(({ isTooMuch }) => isTooMuch)
      .map(
        ({ client, ratio, low }) =>
          `${client}: the event loop was ${rounded(ratio)} times as late as without this package (${rounded(low)} at least)`,
      ),
    ...result.large
      .filter(blocksTooLong)
      .map(
        ({ client, statement, end, oursMs }) =>
          `${client}: ${statement}, ${end}: held the event loop up for ${rounded(medianOf(oursMs))} ms`,
      ),
  ];
}

function whatWasLeft({ before, left }: SoakResult): readonly string[] {
  const { stock, threads, transactions } = left;
  const counts: readonly (readonly [count: number, what: string])[] = [
    [stock.openSockets, 'sockets were open'],
    [stock.runningTimers, 'timers were running'],
    [Math.max(0, stock.poolListeners - before.poolListeners), 'listeners of pools were left'],
    [threads, 'threads were left on the server'],
  ];
  return [
    ...counts.filter(([count]) => count > 0).map(([count, what]) => `at the end, ${count} ${what}`),
    ...transactions.map((transaction) => `at the end, a transaction was open: ${transaction}`),
  ];
}

function rounded(value: number): number {
  return Number(value.toFixed(2));
}

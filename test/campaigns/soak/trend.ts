/** One reading. */
export interface Point {
  readonly at: number;
  readonly value: number;
}

/** What is as good as certainly between these: with a probability of 99 %. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** By how much something has grown from the first reading to the last. */
export interface Growth extends Interval {
  readonly growth: number;
}

/** Of the normal distribution, for 99 %. */
const deviations = 2.576;

/**
 * The growth over all readings, with its confidence interval: the median of the slopes between any two of them (Theil and Sen), and
 * the slopes that stand around it as far as Kendall's distribution says.
 *
 * A least-squares line is not for this: a reading that was taken while something large was just alive moves it, and its interval
 * assumes errors of a normal distribution, which heaps have not. The median of pairs bears with a fourth of such readings. The medians
 * of the first and the last third bear with them too, but have no interval, and so cannot say when a run was too short to tell.
 *
 * @param points in the order of time, at least three of them
 */
export function growthOf(points: readonly Point[]): Growth {
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined || points.length < 3) throw new Error('too few readings for a trend');
  const slopes: number[] = [];
  for (const [index, before] of points.entries())
    for (const after of points.slice(index + 1)) slopes.push((after.value - before.value) / (after.at - before.at));
  const n = points.length;
  const around = deviations * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  const { low, high } = aroundTheMiddle(slopes, around);
  const span = last.at - first.at;
  return { growth: medianOf(slopes) * span, low: low * span, high: high * span };
}

/** Where the median is of what these were drawn from: with few of them, between the least and the most. */
export function intervalOfMedian(values: readonly number[]): Interval {
  return aroundTheMiddle(values, deviations * Math.sqrt(values.length));
}

/** NaN of none. */
export function medianOf(values: readonly number[]): number {
  return average(aroundTheMiddle(values, 0));
}

/** The values that have so many others between them, and as many of all before the one as after the other. */
function aroundTheMiddle(values: readonly number[], between: number): Interval {
  const sorted = [...values].sort((a, b) => a - b);
  const outside = Math.min((sorted.length - 1) / 2, Math.max(0, (sorted.length - between) / 2));
  const rank = Math.floor(outside);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  return { low: at(rank), high: at(sorted.length - 1 - rank) };
}

function average({ low, high }: Interval): number {
  return (low + high) / 2;
}

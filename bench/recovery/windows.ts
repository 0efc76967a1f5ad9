/** How long a window is in which calls are counted, and how far apart two of them begin after a fault, in milliseconds. */
export const windowMs = 100;
const stepMs = 10;

/** Of the calls in the median window before a fault. */
const share = 0.9;

/**
 * How many calls ended in the median window from `from` to `to`.
 *
 * @param ends when calls ended, in order
 */
export function medianWindow(ends: readonly number[], from: number, to: number): number {
  const counts = new Array<number>(Math.floor((to - from) / windowMs)).fill(0);
  for (const end of ends) {
    const window = Math.floor((end - from) / windowMs);
    if (window >= 0 && window < counts.length) counts[window] = (counts[window] ?? 0) + 1;
  }
  return counts.sort((a, b) => a - b)[Math.floor(counts.length / 2)] ?? 0;
}

/**
 * The beginning of the first whole window in which nearly as many calls ended as in the median one before; undefined where there is none.
 *
 * @param ends when calls ended, in order
 * @param usual how many did in the median window
 */
export function throughputSince(
  ends: readonly number[],
  from: number,
  until: number,
  usual: number,
): number | undefined {
  let [first, next] = [0, 0];
  for (let step = 0; from + step * stepMs + windowMs <= until; step += 1) {
    const begin = from + step * stepMs;
    while (first < ends.length && (ends[first] ?? 0) < begin) first += 1;
    while (next < ends.length && (ends[next] ?? 0) < begin + windowMs) next += 1;
    if (next - first >= share * usual) return begin;
  }
  return undefined;
}

import type { Place } from './places.ts';

/** Of one call. */
export interface Figure {
  /** The median of the windows. */
  readonly median: number;
  /** The least and the most of them. */
  readonly range: readonly [least: number, most: number];
}

/** What was counted of one contender. */
export interface Counted {
  readonly name: string;
  /** Of each window: instructions, or nanoseconds of CPU time. */
  readonly work: readonly number[];
  /** Of each window, in bytes. */
  readonly allocated: readonly number[];
  readonly places: readonly Place[];
}

/** What a call costs through one contender, and how much more that is than through the first one. */
export interface Cost {
  readonly name: string;
  /** Instructions, or nanoseconds of CPU time. */
  readonly work: Figure;
  readonly moreWork: number;
  /** Bytes. */
  readonly allocated: Figure;
  readonly moreAllocated: number;
  /** Where this package allocates most. */
  readonly places: readonly Place[];
}

/** @param counted what comes first is what the others are measured against */
export function costsOf(counted: readonly Counted[]): readonly Cost[] {
  const figures = counted.map((one) => ({ ...one, work: figureOf(one.work), allocated: figureOf(one.allocated) }));
  const [first] = figures;
  return figures.map(({ name, work, allocated, places }) => ({
    ...{ name, work, moreWork: work.median - (first?.work.median ?? Number.NaN) },
    ...{ allocated, moreAllocated: allocated.median - (first?.allocated.median ?? Number.NaN), places },
  }));
}

/** @throws {Error} for what cannot have been counted */
export function figureOf(perCall: readonly number[]): Figure {
  const sorted = [...perCall].sort((a, b) => a - b);
  const [least, median, most] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)];
  if (least === undefined || median === undefined || most === undefined) throw new Error('nothing was counted');
  if (!(least > 0 && most < Number.POSITIVE_INFINITY)) throw new Error(`counted ${perCall.join(', ')}`);
  return { median, range: [least, most] };
}

/**
 * Whether windows agree, but for the one with the least and the one with the most: in those something was compiled, or collected.
 *
 * @param apart how far, as a part of the middle one
 */
export function agree(windows: readonly number[], apart: number): boolean {
  const inner = [...windows].sort((a, b) => a - b).slice(1, -1);
  const [least, median, most] = [inner[0], inner[inner.length >> 1], inner.at(-1)];
  if (least === undefined || median === undefined || most === undefined) return false;
  return most - least <= apart * median;
}

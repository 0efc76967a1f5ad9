import { beforeMs } from './plan.ts';
import { medianWindow, throughputSince } from './windows.ts';

/** A call that was answered. Times are of the monotonic clock. */
export interface Success {
  readonly caller: number;
  readonly began: number;
  readonly ended: number;
}

/** When a fault began, and when it was over: the server greeted again, or what had stood in the way was gone. */
export interface Outage {
  readonly began: number;
  readonly over: number;
}

/** Milliseconds from the end of the fault; undefined for what has not come. */
export interface Marks {
  /** The first answer. Its call may have begun before. */
  readonly firstSuccess: number | undefined;
  /** Every caller has had an answer to a call that began after the end of the fault. */
  readonly allServed: number | undefined;
  /** Since when a window had nearly as many answers as the median one before the fault. */
  readonly throughput: number | undefined;
}

/**
 * @param successes in the order in which they ended
 * @param until what came later has not come
 * @throws {Error} where nothing was answered before the fault
 */
export function marksOf(successes: readonly Success[], { began, over }: Outage, callers: number, until: number): Marks {
  const ends = successes.map(({ ended }) => ended);
  const usual = usualOf(successes, began);
  if (usual === 0) throw new Error('nothing was answered before the fault');
  const after = successes.filter(({ ended }) => ended >= over && ended <= until);
  const since = (time: number | undefined) => (time === undefined ? undefined : time - over);
  return {
    firstSuccess: since(after[0]?.ended),
    allServed: since(lastServed(after, over, callers)),
    throughput: since(throughputSince(ends, over, until, usual)),
  };
}

/** How many calls ended in the median window before a fault that begins then. */
export function usualOf(successes: readonly Success[], began: number): number {
  return medianWindow(
    successes.map(({ ended }) => ended),
    began - beforeMs,
    began,
  );
}

function lastServed(successes: readonly Success[], over: number, callers: number): number | undefined {
  const served = new Set<number>();
  for (const { caller, began, ended } of successes) {
    if (began < over) continue;
    served.add(caller);
    if (served.size === callers) return ended;
  }
  return undefined;
}

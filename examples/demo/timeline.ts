import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from './drive.ts';
import type { Fault, World } from './faults.ts';

export interface FaultWindow {
  readonly name: string;
  /** Milliseconds from the start of the run. */
  readonly from: number;
  readonly to: number;
}

/**
 * Lets the faults happen one after the other, with pauses of equal length before, between and after them that fill `seconds`.
 *
 * @returns when they really began and ended
 */
export async function runFaults(
  faults: readonly Fault[],
  world: World,
  seconds: number,
  clock: Clock,
  onFault: (name: string | undefined) => void,
): Promise<readonly FaultWindow[]> {
  const total = faults.reduce((sum, { lasts }) => sum + lasts, 0);
  // The last one gets two pauses: what a client does after the worst fault is worth seeing.
  const pause = (seconds * 1000 - total) / (faults.length + 2);
  const windows: FaultWindow[] = [];
  let due = pause;
  for (const fault of faults) {
    await delay(Math.max(0, due - clock()));
    const name = fault.name;
    onFault(name);
    const from = clock();
    await fault.run(world);
    windows.push({ name, from, to: clock() });
    onFault(undefined);
    due += fault.lasts + pause;
  }
  return windows;
}

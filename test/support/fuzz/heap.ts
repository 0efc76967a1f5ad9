import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Collects all garbage, also what only finalizers and the next turns of the event loop let go of. */
export async function collectGarbage(): Promise<void> {
  for (let round = 0; round < 4; round += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
}

/** By how many megabytes the heap has grown when this work is done and its garbage is gone. */
export async function growthOf(work: () => unknown): Promise<number> {
  await collectGarbage();
  const before = process.memoryUsage().heapUsed;
  await work();
  await collectGarbage();
  return (process.memoryUsage().heapUsed - before) / 1_048_576;
}

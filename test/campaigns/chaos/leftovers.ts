import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What a process holds on to. */
export interface Holdings {
  /** After the collection of what nobody refers to. */
  readonly megabytes: number;
  readonly sockets: number;
}

/** Megabytes by which a process may have grown: compiled code, buffers that are kept for the next time. */
export const growth = 24;
/** The same while its connections are open: they keep what they were last read into, and what they have prepared. */
export const growthOfPools = 40;

let collect: (() => void) | undefined;

/** How much memory and how many sockets this process has now. */
export async function takeStock(): Promise<Holdings> {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  // What was finalised by the first collection can be freed by the second.
  for (let n = 0; n < 3; n += 1) {
    collect();
    await delay(20);
  }
  const { heapUsed, external } = process.memoryUsage();
  const sockets = process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
  return { megabytes: (heapUsed + external) / 2 ** 20, sockets };
}

/** Asks until the answer is as it should be, or until `within` milliseconds have passed. @returns the last answer */
export async function settled<T>(
  ask: () => T | Promise<T>,
  isSettled: (answer: T) => boolean,
  within: number,
): Promise<T> {
  const until = performance.now() + within;
  for (;;) {
    const answer = await ask();
    if (isSettled(answer) || performance.now() > until) return answer;
    await delay(50);
  }
}

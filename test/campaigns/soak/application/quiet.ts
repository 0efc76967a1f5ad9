import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { randomFrom } from '../../../support/fuzz/random-from.ts';
import type { LoadedClient } from './load.ts';
import { asRead } from './load.ts';
import type { Quiet } from './protocol.ts';

/** As many callers as to keep the event loop at work, each of which rests after a call: what a call costs must not change their number. */
const callers = 30;
/** At most so many milliseconds between an answer and the next call. */
const rest = 60;
/** The timer that measures is set for one millisecond: the finest that there is. */
const resolution = 1;
export interface QuietOptions {
  /** Of the same load, before it counts. */
  readonly runUpMs: number;
  readonly ms: number;
  readonly seed: number;
}

/** The same calls for everybody, without faults. */
export async function callQuietly({ client, list }: LoadedClient, { runUpMs, ms, seed }: QuietOptions): Promise<Quiet> {
  const histogram = monitorEventLoopDelay({ resolution });
  const from = performance.now() + runUpMs;
  const until = from + ms;
  let calls = 0;
  let failed = 0;
  const call = async (random: () => number) => {
    const work = asRead(list.next(random));
    const counts = performance.now() >= from;
    await client.perform(work, undefined).catch(() => {
      if (counts) failed += 1;
    });
    if (counts) calls += 1;
    await delay(rest * random());
  };
  const all = Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      const random = randomFrom(seed + caller * 7_919);
      while (performance.now() < until) await call(random);
    }),
  );
  await delay(runUpMs);
  histogram.enable();
  await delay(ms);
  histogram.disable();
  await all;
  const late = (nanoseconds: number) => nanoseconds / 1e6 - resolution;
  const { max } = histogram;
  return {
    calls,
    failed,
    p50Ms: late(histogram.percentile(50)),
    p99Ms: late(histogram.percentile(99)),
    maxMs: late(max),
  };
}

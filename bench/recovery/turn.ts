import { setTimeout as delay } from 'node:timers/promises';
import { Callers } from './callers.ts';
import { now } from './clock.ts';
import { ConnectionWatch } from './connection-watch.ts';
import { type Recovering, recipes } from './contenders.ts';
import { type Marks, marksOf, type Outage, usualOf } from './marks.ts';
import type { RecoveryOptions } from './options.ts';
import { afterMs, attemptMs, beforeMs, type FaultName, leadInMs, limitMs, type RecoveryContender } from './plan.ts';
import { strayErrors } from './stray-errors.ts';
import type { Turn } from './summary.ts';
import type { RemoteWorld } from './world.ts';

/** How often it is looked whether all has come, and how long what may never end is waited for, in milliseconds. */
const lookMs = 50;
const endMs = 500;

/** One contender meets one fault, with a pool of its own and nothing else running. Prints nothing. */
export async function takeTurn(
  world: RemoteWorld,
  fault: FaultName,
  contender: RecoveryContender,
  { callers: count, outage }: Pick<RecoveryOptions, 'callers' | 'outage'>,
): Promise<Turn> {
  const target = await world.prepare(fault);
  const watch = new ConnectionWatch();
  const stray = strayErrors();
  const opened = await recipes[contender](target);
  const callers = new Callers(count, opened.call);
  try {
    await beAtWork(callers);
    const { began, over } = fault === 'busy-loop' ? beBusy(outage) : await world.strike(fault, outage);
    const marks = await awaitMarks(callers, { began, over }, count);
    const errors = callers.failures.filter((at) => at >= began).length;
    return { marks, errors, stray: stray.count(), ...watch.count(began, over, afterMs) };
  } finally {
    await end(opened, callers, watch);
    stray.close();
  }
}

/** Until there is a throughput that another one can be held against. */
async function beAtWork(callers: Callers): Promise<void> {
  const giveUp = now() + limitMs;
  await withinTime(callers.begun(), limitMs);
  await delay(leadInMs);
  do {
    if (now() > giveUp) throw new Error('the callers were not served before the fault');
    await delay(beforeMs);
  } while (usualOf(callers.successes, now()) === 0);
}

/** The process stands still: a long garbage collection, a suspended function, a closed laptop. */
function beBusy(outage: number): Outage {
  const began = now();
  while (now() < began + Math.max(outage, attemptMs));
  return { began, over: now() };
}

/** Until all has come, or none of it may any more. */
async function awaitMarks(callers: Callers, outage: Outage, count: number): Promise<Marks> {
  const until = outage.over + limitMs;
  await delay(outage.over + afterMs - now());
  for (;;) {
    const at = Math.min(now(), until);
    const marks = marksOf(callers.successes, outage, count, at);
    if (at === until || Object.values(marks).every((mark) => mark !== undefined)) return marks;
    await delay(lookMs);
  }
}

/** In order where that is possible; what hangs is cut off. */
async function end(opened: Recovering, callers: Callers, watch: ConnectionWatch): Promise<void> {
  await withinTime(callers.stop(), endMs);
  const closed = opened.close().catch(() => {});
  await withinTime(closed, endMs);
  watch.close();
  await withinTime(closed, endMs);
}

async function withinTime(work: Promise<unknown>, ms: number): Promise<void> {
  const over = new AbortController();
  const tooLate = delay(ms, undefined, { signal: over.signal }).catch(() => {});
  await Promise.race([work, tooLate]);
  over.abort();
}

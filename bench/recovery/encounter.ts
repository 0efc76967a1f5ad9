import { setTimeout as delay } from 'node:timers/promises';
import { Callers } from './callers.ts';
import { now } from './clock.ts';
import { ConnectionWatch } from './connection-watch.ts';
import type { Recovering } from './contenders.ts';
import { type Marks, marksOf, type Outage, usualOf } from './marks.ts';
import { afterMs, beforeMs, leadInMs, limitMs } from './plan.ts';
import type { Turn } from './summary.ts';

/** How often it is looked whether all has come, and how long what may never end is waited for, in milliseconds. */
const lookMs = 50;
const endMs = 500;

/** The callers of a contender before, during and after one fault. Nothing is printed. */
export class Encounter {
  readonly #contender: Recovering;
  readonly #watch = new ConnectionWatch();
  readonly #callers: Callers;
  readonly #count: number;

  private constructor(contender: Recovering, count: number) {
    this.#contender = contender;
    this.#callers = new Callers(count, contender.call);
    this.#count = count;
  }

  /** @returns when there is a throughput that another one can be held against */
  static async begin(contender: Recovering, callers: number): Promise<Encounter> {
    const encounter = new Encounter(contender, callers);
    await encounter.#beAtWork();
    return encounter;
  }

  /** To be called when the fault is over. @returns when all has come, or none of it may any more */
  async finish(outage: Outage): Promise<Omit<Turn, 'stray'>> {
    try {
      const marks = await this.#awaitMarks(outage);
      const errors = this.#callers.failures.filter((at) => at >= outage.began).length;
      return { marks, errors, ...this.#watch.count(outage.began, outage.over, afterMs) };
    } finally {
      await this.#end();
    }
  }

  async #beAtWork(): Promise<void> {
    const giveUp = now() + limitMs;
    await withinTime(this.#callers.begun(), limitMs);
    await delay(leadInMs);
    do {
      if (now() > giveUp) throw new Error('its callers were not served before the fault');
      await delay(beforeMs);
    } while (usualOf(this.#callers.successes, now()) === 0);
  }

  async #awaitMarks(outage: Outage): Promise<Marks> {
    const until = outage.over + limitMs;
    await delay(outage.over + afterMs - now());
    for (;;) {
      const at = Math.min(now(), until);
      const marks = marksOf(this.#callers.successes, outage, this.#count, at);
      if (at === until || Object.values(marks).every((mark) => mark !== undefined)) return marks;
      await delay(lookMs);
    }
  }

  /** In order where that is possible; what hangs is cut off. */
  async #end(): Promise<void> {
    await withinTime(this.#callers.stop(), endMs);
    const closed = this.#contender.close().catch(() => {});
    await withinTime(closed, endMs);
    this.#watch.close();
    await withinTime(closed, endMs);
  }
}

async function withinTime(work: Promise<unknown>, ms: number): Promise<void> {
  const over = new AbortController();
  const tooLate = delay(ms, undefined, { signal: over.signal }).catch(() => {});
  await Promise.race([work, tooLate]);
  over.abort();
}

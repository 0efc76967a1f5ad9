import { setTimeout as delay } from 'node:timers/promises';
import type { Call } from '../contenders/contender.ts';
import { now } from './clock.ts';
import type { Success } from './marks.ts';

/** Milliseconds after an error: a server that is away refuses at once, and a loop of nothing but errors would take the whole CPU. */
const pauseMs = 1;

/** Callers that each make one call after the other, until they are stopped. */
export class Callers {
  /** In the order in which they ended. */
  readonly successes: Success[] = [];
  /** When calls failed. */
  readonly failures: number[] = [];
  readonly #count: number;
  readonly #call: Call;
  readonly #done: Promise<unknown>;
  readonly #served = new Set<number>();
  readonly #allServed: Promise<void>;
  #onAllServed: () => void = () => {};
  #stopped = false;
  #calls = 0;

  constructor(count: number, call: Call) {
    this.#count = count;
    this.#call = call;
    this.#allServed = new Promise((resolve) => {
      this.#onAllServed = resolve;
    });
    this.#done = Promise.all(Array.from({ length: count }, (_, caller) => this.#loop(caller)));
  }

  /** @returns when each of them has had an answer */
  async begun(): Promise<void> {
    await this.#allServed;
  }

  /** @returns when the calls under way have ended, which some may never do */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }

  async #loop(caller: number): Promise<void> {
    while (!this.#stopped) {
      this.#calls += 1;
      const began = now();
      try {
        await this.#call(this.#calls);
        this.successes.push({ caller, began, ended: now() });
        if (this.#served.size < this.#count) this.#serve(caller);
      } catch {
        this.failures.push(now());
        await delay(pauseMs);
      }
    }
  }

  #serve(caller: number): void {
    this.#served.add(caller);
    if (this.#served.size === this.#count) this.#onAllServed();
  }
}

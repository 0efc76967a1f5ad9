import { setTimeout as delay } from 'node:timers/promises';
import type { FaultWindow } from './history.ts';
import type { Clock } from './load.ts';
import type { Fault } from './world.ts';

export interface NemesisOptions {
  /** Numbers from 0 to 1. */
  readonly random: () => number;
  readonly clock: Clock;
  /** When it is to be over. */
  readonly until: number;
  add(window: FaultWindow): void;
  onFault(name: string | undefined): void;
}

/** Milliseconds of peace between two faults. */
const peace = { least: 300, most: 1_500 };

/** Lets one fault after the other happen: each of them once, in an order that is drawn, then each of them again. */
export async function unleash(faults: readonly Fault[], options: NemesisOptions): Promise<void> {
  const { random, clock, until, add, onFault } = options;
  let bag: Fault[] = [];
  for (;;) {
    await delay(peace.least + random() * (peace.most - peace.least));
    if (bag.length === 0) bag = [...faults];
    const [fault] = bag.splice(Math.floor(random() * bag.length), 1);
    if (fault === undefined || clock() + fault.lasts > until) return;
    const { name, losesTail, interrupts } = fault;
    onFault(name);
    const from = clock();
    await fault.run(random);
    add({ type: 'fault', name, from, to: clock(), ...(losesTail && { losesTail }), ...(interrupts && { interrupts }) });
    onFault(undefined);
  }
}

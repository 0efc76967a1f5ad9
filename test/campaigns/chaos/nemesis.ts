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

/** Lets one fault happen, and says when it did. */
export async function happen(fault: Fault, random: () => number, clock: Clock): Promise<FaultWindow> {
  const { name, losesTail, interrupts } = fault;
  const from = clock();
  const cuts: number[] = [];
  await fault.run(random, () => cuts.push(clock()));
  const marks = {
    ...(losesTail && { losesTail }),
    ...(interrupts && { interrupts }),
    ...(cuts.length > 0 && { cuts }),
  };
  return { type: 'fault', name, from, to: clock(), ...marks };
}

/** Lets one fault after the other happen: each of them once, in an order that is drawn, then each of them again. */
export async function unleash(faults: readonly Fault[], options: NemesisOptions): Promise<void> {
  const { random, clock, until, add, onFault } = options;
  let bag: Fault[] = [];
  for (;;) {
    await delay(peace.least + random() * (peace.most - peace.least));
    if (bag.length === 0) bag = [...faults];
    const [fault] = bag.splice(Math.floor(random() * bag.length), 1);
    if (fault === undefined || clock() + fault.lasts > until) return;
    onFault(fault.name);
    add(await happen(fault, random, clock));
    onFault(undefined);
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import type { CallKind } from '../history.ts';
import { itemValue, scratchTable } from '../tables.ts';
import type { Work } from '../work.ts';
import { expectAnswer, WrongAnswer } from './client.ts';

/** What an unruly callback sends, each under way as soon as it is called. */
export interface Sender {
  /** A row with this id and amount. */
  insert(id: number, amount: number): Promise<unknown>;
  /** @returns the value of this item */
  read(item: number): Promise<unknown>;
  /** Keeps this account from others. */
  lock(account: number): Promise<unknown>;
  send(sql: string): Promise<unknown>;
}

/** A transaction through one of the bindings. */
export type Transact = <T>(callback: (tx: Sender) => Promise<T>, options: { readonly rerun?: boolean }) => Promise<T>;

export const unrulyKinds = [
  ...(['company', 'company-rerun', 'forgotten', 'forgotten-rerun', 'race'] as const),
  ...(['thrower', 'ddl', 'ddl-rerun'] as const),
];
export type UnrulyKind = (typeof unrulyKinds)[number];

export function isUnruly(kind: CallKind): kind is UnrulyKind {
  return (unrulyKinds as readonly CallKind[]).includes(kind);
}

/** The amounts of the two rows: that of the one that its callback waits for, and of the one that it may not wait for. */
const awaited = 1;
const unheard = 2;

/**
 * Runs a transaction that does not send one statement after the other. It ends when also those statements have their answer that nobody
 * waited for: none of them may hang.
 *
 * @returns the sum of the amounts whose statements were answered
 */
export async function performUnruly(
  transact: Transact,
  work: Work & { readonly kind: UnrulyKind },
  signal: AbortSignal | undefined,
): Promise<number> {
  switch (work.kind) {
    case 'company':
      return transact((tx) => inCompany(tx, work), {});
    case 'company-rerun':
      return transact((tx) => inCompany(tx, work), { rerun: true });
    case 'forgotten':
      return withUnheard(transact, {}, (tx, forget) => forgetful(tx, work, forget));
    case 'forgotten-rerun':
      return withUnheard(transact, { rerun: true }, (tx, forget) => forgetful(tx, work, forget));
    case 'race':
      return withUnheard(transact, {}, (tx, forget) => racing(tx, work, forget));
    case 'thrower':
      return throwing(transact, work, signal);
    case 'ddl':
      return transact((tx) => committing(tx, work), {});
    case 'ddl-rerun':
      return transact((tx) => committing(tx, work), { rerun: true });
    default:
      return work.kind satisfies never;
  }
}

/** Two of few accounts, which are locked in no order, so that there are deadlocks. */
function contested({ from, to }: Work): { readonly first: number; readonly second: number } {
  return { first: 1 + (from % 6), second: 1 + (to % 6) };
}

/** When the second lock makes it the victim of a deadlock, that must take the others with it. */
async function inCompany(tx: Sender, work: Work): Promise<number> {
  const { id, item, draw } = work;
  const { first, second } = contested(work);
  await tx.lock(first);
  await delay(draw % 20);
  const [value] = await Promise.all([tx.read(item), tx.lock(second), tx.insert(id, awaited), tx.insert(id, unheard)]);
  expectAnswer(`item ${item}`, value, itemValue(item));
  return awaited + unheard;
}

type Forget = (write: Promise<unknown>) => Promise<number>;

/** @param callback what it forgets is the row of {@link unheard}; a promise of that never fails */
async function withUnheard(
  transact: Transact,
  options: { readonly rerun?: boolean },
  callback: (tx: Sender, forget: Forget) => Promise<number>,
): Promise<number> {
  let told: Promise<number> = Promise.resolve(0);
  const forget: Forget = (write) => {
    told = write.then(
      () => unheard,
      () => 0,
    );
    return told;
  };
  try {
    const done = await transact((tx) => callback(tx, forget), options);
    return done + (await told);
  } finally {
    await told;
  }
}

async function forgetful(tx: Sender, { id, item }: Work, forget: Forget): Promise<number> {
  await tx.insert(id, awaited);
  void forget(tx.insert(id, unheard));
  tx.read(item).catch(() => {});
  return awaited;
}

/** The one that may lose is the first statement of its transaction. */
async function racing(tx: Sender, { id, draw }: Work, forget: Forget): Promise<number> {
  const slow = delay(draw % 10, 'slow' as const);
  const first = await Promise.race([forget(tx.insert(id, unheard)), slow]);
  if (first === 'slow' && draw % 2 === 0) throw new Error('The callback does not wait any longer');
  await tx.insert(id, awaited);
  return awaited;
}

async function throwing(transact: Transact, { id, draw }: Work, signal: AbortSignal | undefined): Promise<never> {
  const mine = new Error('The callback has failed');
  let branch: Promise<unknown> = Promise.resolve();
  let hasThrown = false;
  try {
    await transact(async (tx) => {
      const first = tx.insert(id, awaited);
      branch = first
        .then(() => delay(draw % 10))
        .then(() => tx.insert(id, unheard))
        .catch(() => {});
      if (draw % 3 > 0) await first;
      if (draw % 3 > 1) await delay(draw % 10);
      hasThrown = true;
      throw mine;
    }, {});
  } catch (error) {
    await branch;
    if (hasThrown && error !== mine && signal?.aborted !== true) throw new WrongAnswer(`instead of its own: ${error}`);
    throw error;
  }
  throw new WrongAnswer('its callback has thrown, and it succeeded');
}

/** Half of them lock in no order in a transaction that they begin themselves: what precedes it must not run again after a deadlock. */
async function committing(tx: Sender, work: Work): Promise<number> {
  const { id, draw } = work;
  await tx.insert(id, awaited);
  await tx.send(draw % 2 === 0 ? `TRUNCATE TABLE ${scratchTable(id)}` : `CREATE TABLE made_${id} (id INT PRIMARY KEY)`);
  if (draw % 4 > 1) {
    await tx.send('START TRANSACTION');
    const { first, second } = contested(work);
    await tx.lock(first);
    await delay(draw % 20);
    await tx.lock(second);
  }
  await tx.insert(id, unheard);
  return awaited + unheard;
}

import { randomFrom } from '../../test/support/fuzz/random-from.ts';

/** One operation, planned before anything runs, so that all clients get the very same ones at the same times. */
export type Operation = { readonly index: number; readonly at: number } & Work;

/**
 * A transfer locks its accounts in the order of the key, so that transfers wait for each other and never deadlock. A locking read runs
 * outside a transaction, where its locks go at once.
 */
export type Work =
  | { readonly kind: 'read'; readonly item: number }
  | { readonly kind: 'insert' }
  | { readonly kind: 'transfer'; readonly from: number; readonly to: number; readonly amount: number }
  | { readonly kind: 'locking-read'; readonly account: number };

export const accountCount = 40;
export const itemCount = 200;

/** What an item's value is, so that a read can be checked. */
export function itemValue(id: number): number {
  return id * 7;
}

/** What the application does between two statements of a transaction, in milliseconds. */
export const thinkTime = 5;

/** Milliseconds between two groups of operations. With five to a group on average: 40 operations a second. */
const pause = { least: 50, most: 200 };
const group = { least: 2, most: 8 };

/**
 * The workload: half safe reads, the rest writes of three kinds. An open workload, as a server's clients are: operations begin
 * when their time has come, whether or not earlier ones have ended. They come in groups, so that a pool keeps several connections.
 *
 * @returns operations in the order of `at`, milliseconds from the start
 */
export function planOperations(seconds: number, seed: number): readonly Operation[] {
  const random = randomFrom(seed);
  const operations: Operation[] = [];
  let at = 0;
  for (;;) {
    at += pause.least + random() * (pause.most - pause.least);
    if (at >= seconds * 1000) return operations;
    const size = group.least + Math.floor(random() * (group.most - group.least + 1));
    for (let n = 0; n < size; n += 1) operations.push({ index: operations.length, at, ...planWork(random) });
  }
}

function planWork(random: () => number): Work {
  const account = () => 1 + Math.floor(random() * accountCount);
  const dice = random();
  if (dice < 0.5) return { kind: 'read', item: 1 + Math.floor(random() * itemCount) };
  if (dice < 0.75) return { kind: 'insert' };
  if (dice < 0.9) {
    const from = account();
    // Any other account: the one `1 to accountCount - 1` places further on, in a circle.
    const to = 1 + ((from + Math.floor(random() * (accountCount - 1))) % accountCount);
    return { kind: 'transfer', from, to, amount: 1 + Math.floor(random() * 100) };
  }
  return { kind: 'locking-read', account: account() };
}

/** What a workload leaves behind when it is applied once. */
export interface Effect {
  /** Rows of `operations` with its id; nothing is unique there, so that what is applied twice shows. */
  readonly rows: number;
  /** The balance of the account with its id, which begins at 0. */
  readonly balance: number;
}

export interface Workload {
  readonly effect: Effect;
  /** It has a write that nobody waits for, and leaves this behind without it. */
  readonly effectWithoutForgotten?: Effect;
  /** Answered, wherever it is cut. */
  readonly alwaysSucceeds?: true;
  /** Its rows are handed over as they come: lost after that, it is no answer that nobody can know. */
  readonly handsOver?: true;
  /** Its callback always throws. */
  readonly throws?: true;
  /** How often the callback of the user may run; only of transactions with one. */
  readonly callbackRuns?: 'once' | 'again';
  /** Prepared first, once on each connection. */
  readonly prepares?: true;
  /** On a connection that is made for it, so that the handshake is cut too. */
  readonly connects?: true;
  /** More than the kernels on the way take: what is left of it when nobody reads it any more does not leave its process. */
  readonly exceedsBuffers?: true;
  /** Cut at every so many bytes, apart from the first and the last {@link edge}. Left out: at each. */
  readonly every?: number;
  /** Cut at each fiftieth of what it takes, apart from the first and the last hundred bytes. */
  readonly sampled?: true;
  readonly edge?: number;
}

const nothing: Effect = { rows: 0, balance: 0 };
const oneRow: Effect = { rows: 1, balance: 0 };
const oneOfEach: Effect = { rows: 1, balance: 1 };
const twoOfEach: Effect = { rows: 2, balance: 2 };

export const workloads = {
  'safe read': { effect: nothing, alwaysSucceeds: true },
  'locking read': { effect: nothing },
  insert: { effect: oneRow },
  update: { effect: { rows: 0, balance: 1 } },
  create: { effect: oneRow },
  execute: { effect: oneRow, prepares: true },
  'big insert': { effect: oneRow, every: 4_096, edge: 8 },
  'huge insert': { effect: oneRow, exceedsBuffers: true, every: 524_288, edge: 8 },
  transaction: { effect: twoOfEach, callbackRuns: 'once' },
  'transaction with rerun': { effect: twoOfEach, callbackRuns: 'again' },
  'two at once': { effect: oneOfEach, callbackRuns: 'once' },
  'two at once with rerun': { effect: oneOfEach, callbackRuns: 'again' },
  'forgotten write': { effect: oneOfEach, effectWithoutForgotten: oneRow, callbackRuns: 'once' },
  'forgotten write with rerun': { effect: oneOfEach, effectWithoutForgotten: oneRow, callbackRuns: 'again' },
  'thrown beside a write': { effect: nothing, throws: true, callbackRuns: 'once' },
  batch: { effect: oneOfEach },
  iterator: { effect: nothing, handsOver: true, sampled: true, edge: 100 },
  'load data': { effect: { rows: 3, balance: 0 } },
  connect: { effect: oneRow, connects: true },
} satisfies Record<string, Workload>;

export type WorkloadName = keyof typeof workloads;

export const workloadNames = Object.keys(workloads) as readonly WorkloadName[];

export function workloadOf(name: WorkloadName): Workload {
  return workloads[name];
}

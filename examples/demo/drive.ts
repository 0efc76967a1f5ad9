import { setTimeout as delay } from 'node:timers/promises';
import { describeError } from '../../test/support/describe-error.ts';
import type { Client } from './clients.ts';
import { answerOf, type Ledger } from './ledger.ts';
import type { Operation } from './plan.ts';

/** Milliseconds. A call without an answer for so long counts as hung. */
export const patience = 10_000;

/** Milliseconds from the start of the run. */
export type Clock = () => number;

export interface Participant {
  readonly client: Client;
  readonly ledger: Ledger;
}

/** Milliseconds between two clients that begin the same operation, so that they stand less in each other's way. */
const stagger = 20;

/** When this client begins this operation. Who comes first is served first: each in turn, from one group of operations to the next. */
function dueAt({ at }: Operation, client: number, clients: number): number {
  return at + ((client + Math.floor(at)) % clients) * stagger;
}

/**
 * Gives every client every operation at its time. After the event loop stood still, what has become due meanwhile begins at once, as
 * the requests do that a server finds waiting.
 *
 * @returns when every call was answered or counts as hung
 */
export async function drive(
  participants: readonly Participant[],
  plan: readonly Operation[],
  clock: Clock,
): Promise<void> {
  const due = plan
    .flatMap((operation) =>
      participants.map((who, n) => ({ who, operation, at: dueAt(operation, n, participants.length) })),
    )
    .sort((a, b) => a.at - b.at);
  const calls: Promise<void>[] = [];
  for (const { who, operation, at } of due) {
    const wait = at - clock();
    if (wait > 1) await delay(wait);
    calls.push(watch(who, operation, clock));
  }
  await Promise.all(calls);
}

/** Settles in any case. What a hung call does later is of no interest to a caller that has gone. */
function watch({ client, ledger }: Participant, operation: Operation, clock: Clock): Promise<void> {
  const startedAt = clock();
  return new Promise((resolve) => {
    let settled = false;
    const settle = (answer: Parameters<Ledger['add']>[0]['answer'], error?: unknown) => {
      if (settled) return;
      settled = true;
      clearTimeout(watchdog);
      const text = error === undefined ? undefined : describeError(error);
      ledger.add({ operation, startedAt, ms: clock() - startedAt, answer, error: text });
      resolve();
    };
    const watchdog = setTimeout(() => settle('hung'), patience);
    client.perform(operation).then(
      () => settle('ok'),
      (error: unknown) => settle(answerOf(error), error ?? 'an error without a value'),
    );
  });
}

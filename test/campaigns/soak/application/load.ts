import { setTimeout as delay } from 'node:timers/promises';
import { describeError } from '../../../support/describe-error.ts';
import { randomFrom } from '../../../support/fuzz/random-from.ts';
import { type Client, WrongAnswer } from '../../chaos/clients/client.ts';
import type { CallKind } from '../../chaos/history.ts';
import type { Work, WorkList } from '../../chaos/work.ts';
import { type Told, wrongAnswer } from './protocol.ts';

export interface LoadedClient {
  readonly client: Client;
  readonly list: WorkList;
}

export interface LoadOptions {
  readonly clients: readonly LoadedClient[];
  readonly ms: number;
  readonly seed: number;
  /** Of all calls that share one, as those of a server that is shut down by it. It is never aborted. */
  readonly shared: AbortSignal;
  afterCall(client: Client): void;
}

/** Calls that are under way at once, of each client. */
const callers = 16;
/** Of all calls, those that are no more than a read of one row: the kinds that cost more would leave few calls to a run. */
const plainReads = 0.9;
/** Milliseconds until a caller leaves that does not wait for ever. */
const patience = 300;
/** Milliseconds after the last call began: longer than any call may last once all is well. */
const despair = 40_000;

/** Lets callers call, one call after the other, each as soon as the last one was answered. */
export async function load({ clients, ms, seed, shared, afterCall }: LoadOptions): Promise<Told> {
  const until = performance.now() + ms;
  const errors: Record<string, number> = {};
  let calls = 0;
  let open = 0;
  const call = async ({ client, list }: LoadedClient, random: () => number): Promise<void> => {
    const work = random() < plainReads ? asRead(list.next(random)) : list.next(random);
    const leaving = new AbortController();
    const dice = random();
    const leave = dice < 0.1 ? setTimeout(() => leaving.abort(new Error('the caller has left')), patience) : undefined;
    const signal = leave === undefined ? (dice < 0.3 ? shared : undefined) : leaving.signal;
    open += 1;
    calls += 1;
    try {
      await client.perform(work, signal);
    } catch (error) {
      const name = error instanceof WrongAnswer ? `${wrongAnswer}: ${error.message}` : describeError(error);
      errors[name] = (errors[name] ?? 0) + 1;
    } finally {
      clearTimeout(leave);
      open -= 1;
      afterCall(client);
    }
  };
  const callUntilTheEnd = async (one: LoadedClient, caller: number) => {
    const random = randomFrom(seed + caller * 7_919);
    while (performance.now() < until) await call(one, random);
  };
  const all = Promise.all(
    clients.flatMap((one, index) =>
      Array.from({ length: callers }, (_, caller) => callUntilTheEnd(one, index * callers + caller)),
    ),
  );
  const late = new AbortController();
  await Promise.race([all, delay(ms + despair, undefined, { signal: late.signal }).catch(() => {})]);
  late.abort();
  return { calls, errors, hung: open };
}

/** The kinds that are fit for a long run: no table is made for each call, and nobody waits for somebody who holds a row. */
export function isFitForLong(kind: CallKind): boolean {
  return kind !== 'slow-read' && kind !== 'ddl' && kind !== 'ddl-rerun';
}

export function asRead(work: Work): Work {
  return { ...work, kind: 'read' };
}

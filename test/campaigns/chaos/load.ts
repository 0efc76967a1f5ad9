import { setTimeout as delay } from 'node:timers/promises';
import { classify, type Outcome, OutcomeUnknownError } from '../../../src/index.ts';
import { describeError } from '../../support/describe-error.ts';
import { randomFrom } from '../../support/fuzz/random-from.ts';
import { type Client, limitOf, policy, WrongAnswer } from './clients/client.ts';
import { type ClientName, clientKindOf } from './clients/clients.ts';
import type { Answer, Call, Event } from './history.ts';
import { type Work, WorkList } from './work.ts';

/** Milliseconds from the start of the run. */
export type Clock = () => number;

export interface LoadOptions {
  readonly name: ClientName;
  readonly client: Client;
  /** What is to be done: one list for the whole of a run. */
  readonly list: WorkList;
  /** How many calls are under way at once. */
  readonly callers: number;
  readonly seed: number;
  readonly clock: Clock;
  /** No call begins later. Asked before each call. */
  readonly until: number;
  add(event: Event): void;
}

export function workListOf(name: ClientName): WorkList {
  return new WorkList(clientKindOf(name).kinds);
}

/** For how long a caller waits that stops waiting, in milliseconds. */
const patience = 5_000;
/** By how much a call outlives its limit, in milliseconds, before nobody waits for it any more. */
const despair = 15_000;
/** At most so many milliseconds between an answer and the next call. */
const thinkTime = 80;

/** Lets so many callers call, one call after the other each. Resolves when the last call has its answer, or hangs. */
export async function load(options: LoadOptions): Promise<void> {
  const { callers, seed, clock, list } = options;
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      const random = randomFrom(seed + caller * 7_919);
      await delay(thinkTime * random());
      while (clock() < options.until) {
        options.add(await call(options, list.next(random)));
        await delay(thinkTime * random());
      }
    }),
  );
}

/** One call of each kind, one after the other: what a client makes once for each is made then. */
export async function loadEachKind(options: Omit<LoadOptions, 'callers' | 'until'>): Promise<void> {
  for (const work of options.list.ofEachKind(randomFrom(options.seed))) options.add(await call(options, work));
}

async function call(
  { name, client, clock }: Pick<LoadOptions, 'name' | 'client' | 'clock'>,
  work: Work,
): Promise<Call> {
  const bounded = work.bounded && clientKindOf(name).ours;
  const deadline = bounded ? patience : policy.maxRetryTime;
  const limit = bounded ? patience : limitOf(work.kind);
  const leaving = new AbortController();
  const leave = bounded ? setTimeout(() => leaving.abort(new Error('the caller has left')), limit) : undefined;
  const startedAt = clock();
  const { answer, ...told } = await new Promise<Told>((resolve) => {
    const giveUp = setTimeout(() => resolve({ answer: 'hung' }), limit + despair);
    client
      .perform(work, bounded ? leaving.signal : undefined)
      .then(answered, failed)
      .then((answer) => {
        clearTimeout(giveUp);
        resolve(answer);
      });
  });
  const endedAt = clock();
  clearTimeout(leave);
  const { id, kind } = work;
  return { type: 'call', id, client: name, kind, startedAt, endedAt, deadline, limit, answer, ...told };
}

interface Told {
  readonly answer: Answer;
  readonly error?: string;
  readonly outcome?: Outcome;
  readonly result?: number;
}

function answered(result: unknown): Told {
  return { answer: 'ok', ...(typeof result === 'number' && { result }) };
}

function failed(error: unknown): Told {
  if (error instanceof WrongAnswer) return { answer: 'wrong', error: error.message };
  const answer = error instanceof OutcomeUnknownError ? 'unknown' : 'refused';
  // Prisma has codes of its own for these.
  const text = error instanceof Error ? textOf(error) : '';
  const [said] = /interrupted|READ ONLY transaction/i.exec(text) ?? [];
  const why = said === undefined ? '' : ` (${said.toLowerCase()})`;
  return { answer, error: `${describeError(error)}${why}`, outcome: classify(error).outcome };
}

/** What an error and its causes say. */
function textOf(error: Error): string {
  return error.cause instanceof Error ? `${error.message} ${textOf(error.cause)}` : error.message;
}

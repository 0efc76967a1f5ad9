import { classify, type Outcome } from '../../../src/index.ts';
import { CallbackError, WrongAnswer } from './client.ts';
import type { Effect, Workload } from './workloads.ts';

/** What a caller was told. */
export type Told = 'applied' | Outcome;

/** What the caller of one run heard. */
export interface Heard {
  readonly told: Told | 'hung';
  /** What was thrown, and what that was caused by. In words: an error may hold a statement of megabytes, and there are thousands of them. */
  readonly because: readonly string[];
  /** The answer was not what is in the table. */
  readonly isWrong: boolean;
  /** The error is the one that its own callback threw. */
  readonly isOwn?: boolean;
  /** How often the callback of its transaction ran. */
  readonly callbacks: number;
  /** What was told of the write that nobody waited for, where there was one. */
  readonly forgotten?: Told | 'hung';
}

/** What happens while a workload runs. */
export interface Notes {
  /** How often the callback of its transaction ran. */
  callbacks: number;
  /** The last write that nobody waited for. */
  forgotten?: Promise<unknown>;
}

/** @param within after how many milliseconds it counts as hung */
export async function hear(work: Promise<unknown>, notes: Notes, within: number): Promise<Heard> {
  const { told, error } = await toldOf(work, within);
  const heard = {
    told,
    because: error === undefined ? [] : messagesOf(error),
    isWrong: error instanceof WrongAnswer,
    isOwn: error instanceof CallbackError,
    callbacks: notes.callbacks,
  };
  if (notes.forgotten === undefined) return heard;
  return { ...heard, forgotten: (await toldOf(notes.forgotten, within)).told };
}

async function toldOf(work: Promise<unknown>, within: number): Promise<{ told: Told | 'hung'; error?: unknown }> {
  let timer: NodeJS.Timeout | undefined;
  const hung = new Promise<'hung'>((resolve) => {
    timer = setTimeout(resolve, within, 'hung');
  });
  try {
    return { told: await Promise.race([work.then(() => 'applied' as const), hung]) };
  } catch (error) {
    return { told: classify(error).outcome, error };
  } finally {
    clearTimeout(timer);
  }
}

/** What must not be: each a sentence. Empty, if the caller was told the truth. */
export function violations(workload: Workload, heard: Heard, found: Effect): readonly string[] {
  const { told, isWrong, isOwn = false, callbacks, forgotten } = heard;
  const { effect, effectWithoutForgotten, alwaysSucceeds, throws, callbackRuns } = workload;
  const whole = same(found, effect);
  const all = whole || (effectWithoutForgotten !== undefined && same(found, effectWithoutForgotten));
  const none = found.rows === 0 && found.balance === 0;
  const sentences: (readonly [holds: boolean, sentence: string])[] = [
    [told === 'hung', 'it got no answer'],
    [!all && !none, `it left ${found.rows} rows and a balance of ${found.balance}, and not all or nothing`],
    [told === 'applied' && !all, 'it succeeded, and is not there'],
    [
      told !== 'applied' && told !== 'unknown' && told !== 'hung' && !none,
      `it is there, and its caller was told "${told}"`,
    ],
    [forgotten === 'hung', 'its write that nobody waited for got no answer'],
    [
      told === 'applied' && forgotten === 'applied' && !whole,
      'its write that nobody waited for succeeded, and is not there',
    ],
    [
      told === 'applied' && forgotten !== undefined && forgotten !== 'applied' && forgotten !== 'unknown' && whole,
      `its write that nobody waited for is there, and was told "${forgotten}"`,
    ],
    // Only the network failed: no error of the statement itself can be true.
    [told === 'failed' && !isOwn, 'it failed with an ordinary error'],
    [throws === true && told === 'applied', 'it succeeded, although its callback threw'],
    [throws === true && callbacks > 0 && !isOwn, `its callback threw, and its caller was told "${told}"`],
    [alwaysSucceeds === true && told !== 'applied', `it is always answered, and its caller was told "${told}"`],
    [callbackRuns === 'once' && callbacks > 1, `its callback ran ${callbacks} times`],
    [callbackRuns !== undefined && told === 'applied' && callbacks === 0, 'its callback did not run'],
    [isWrong, 'it read something else than what is there'],
  ];
  return sentences.filter(([holds]) => holds).map(([, sentence]) => sentence);
}

function same(a: Effect, b: Effect): boolean {
  return a.rows === b.rows && a.balance === b.balance;
}

/** An error and what it was caused by, outermost first. */
function messagesOf(error: unknown): readonly string[] {
  const messages: string[] = [];
  for (let link = error; link instanceof Error && messages.length < 10; link = link.cause) {
    messages.push(`${link.name}: ${link.message.slice(0, 200).replaceAll(/\s+/g, ' ')}`);
  }
  return messages.length > 0 ? messages : [String(error)];
}

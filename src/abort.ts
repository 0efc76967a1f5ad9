import { classify } from './classify.ts';
import type { Failure } from './failure.ts';

/** What waits for one signal, and the one listener that all of it has there. */
interface Waiting {
  readonly listeners: Set<() => void>;
  readonly tell: () => void;
}

const waitingFor = new WeakMap<AbortSignal, Waiting>();

/**
 * Calls back when a signal aborts. However many wait for one signal, it has one listener of this package: Node.js warns of a leak from the eleventh on.
 *
 * @returns calls it off; nothing is left on the signal when all have
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  let waiting = waitingFor.get(signal);
  if (waiting === undefined) {
    const listeners = new Set<() => void>();
    waiting = { listeners, tell: () => tellAll(listeners) };
    waitingFor.set(signal, waiting);
  }
  const { listeners, tell } = waiting;
  // The same function may wait twice.
  const own = () => listener();
  if (listeners.size === 0) signal.addEventListener('abort', tell, { once: true });
  listeners.add(own);
  return () => {
    if (listeners.delete(own) && listeners.size === 0) signal.removeEventListener('abort', tell);
  };
}

/** In the order in which they came. One may call off another. */
function tellAll(listeners: Set<() => void>): void {
  for (const listener of listeners) {
    listeners.delete(listener);
    listener();
  }
}

/** A signal that aborts with either of two, until it is released. */
export interface EitherSignal {
  readonly signal: AbortSignal;
  release(): void;
}

/**
 * As `AbortSignal.any()`, which leaves something behind on a signal that lives long, for each signal made from it (Node.js 20).
 *
 * @param lasting one that may live for as long as the process
 */
export function eitherSignal(lasting: AbortSignal | undefined, own: AbortSignal): EitherSignal {
  if (lasting === undefined) return { signal: own, release: () => {} };
  const controller = new AbortController();
  const signals = [lasting, own];
  const abort = () => controller.abort(signals.find(({ aborted }) => aborted)?.reason);
  const stops = signals.map((signal) => onAbort(signal, abort));
  if (signals.some(({ aborted }) => aborted)) abort();
  return {
    signal: controller.signal,
    release: () => {
      for (const stop of stops) stop();
    },
  };
}

/**
 * What the caller of work that its own signal ended gets: the signal's reason, as everywhere in Node.js, and not the error that
 * carried the news. Any other error stays as it is.
 *
 * @param failure what the error was classified as, where that is known
 */
export function abortReasonOr(error: unknown, signal: AbortSignal | undefined, failure?: Failure): unknown {
  if (signal?.aborted !== true) return error;
  return (failure ?? classify(error)).kind === 'aborted' ? signal.reason : error;
}

import { classify } from './classify.ts';
import type { Failure } from './failure.ts';

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
  const onAbort = () => controller.abort(signals.find(({ aborted }) => aborted)?.reason);
  for (const signal of signals) signal.addEventListener('abort', onAbort, { once: true });
  if (signals.some(({ aborted }) => aborted)) onAbort();
  return {
    signal: controller.signal,
    release: () => {
      for (const signal of signals) signal.removeEventListener('abort', onAbort);
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

import { classify } from './classify.ts';
import type { Failure } from './failure.ts';

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

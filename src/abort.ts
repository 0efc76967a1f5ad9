import { classify } from './classify.ts';

/**
 * What the caller of work that its own signal ended gets: the signal's reason, as everywhere in Node.js, and not the error that
 * carried the news. Any other error stays as it is.
 */
export function abortReasonOr(error: unknown, signal: AbortSignal | undefined): unknown {
  return signal?.aborted === true && classify(error).kind === 'aborted' ? signal.reason : error;
}

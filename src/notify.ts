import { types } from 'node:util';
import { messageOf, propertyOf } from './property.ts';

/**
 * Calls a user's hook. A hook observes: what it throws, or rejects with, must neither fail the work nor be swallowed, so it becomes
 * a process warning.
 */
export function notify<T>(hook: ((event: T) => unknown) | undefined, event: T): void {
  if (hook === undefined) return;
  try {
    watch(hook(event));
  } catch (error) {
    warn(error);
  }
}

/**
 * Asks a user's hook for a yes or no. Anything but `false` is a yes; one that throws has not said yes, so that the caller gets the error that
 * was asked about, and the hook's own becomes a process warning.
 */
export function askHook<T>(hook: ((value: T) => unknown) | undefined, value: T): boolean {
  if (hook === undefined) return true;
  try {
    const answer = hook(value);
    watch(answer);
    return answer !== false;
  } catch (error) {
    warn(error);
    return false;
  }
}

/** A promise, of whatever realm; not anything with a `then`, which may be a query that nobody has sent yet. */
function watch(returned: unknown): void {
  if (types.isPromise(returned)) Promise.prototype.then.call(returned, undefined, warn);
}

function warn(error: unknown): void {
  const stack = propertyOf(error, 'stack');
  // biome-ignore lint/style/noRestrictedGlobals: a warning, no timer
  process.emitWarning(`A hook of the policy failed: ${messageOf(error)}`, {
    code: 'GONE_AWAY_HOOK',
    detail: typeof stack === 'string' ? stack : '',
  });
}

import { onAbort } from './abort.ts';
import * as timers from './timers.ts';

/**
 * Waits, and stops waiting at once when the signal aborts.
 *
 * @throws the signal's reason
 */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = timers.setTimeout(() => {
      stopListening?.();
      resolve();
    }, milliseconds);
    const stopListening =
      signal &&
      onAbort(signal, () => {
        timers.clearTimeout(timer);
        reject(signal.reason);
      });
  });
}

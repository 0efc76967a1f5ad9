import { onAbort, timers } from '../../../src/internal.ts';
import { type EventLoop, startFairTimer } from './fair-timer.ts';

/** How long something may be waited for, and what it means when that is over. */
export interface WaitLimits {
  /** On the clock of `now`, in milliseconds. Asked again when it is reached: it may lie later by then. */
  readonly until: number;
  /** Milliseconds after which it is asked again in any case, for it may come nearer. Default: it does not. */
  readonly recheck?: number;
  /** Monotonic. Default `performance.now()`. */
  readonly now?: () => number;
  /** Default: the real one. */
  readonly loop?: EventLoop;
  readonly signal: AbortSignal | undefined;
  /** The error for a wait that took too long. */
  readonly timedOut: () => unknown;
  /** Whether the process has to live until then. Default true. */
  readonly keepsAlive?: boolean;
}

export interface Settle<T> {
  /** False if nobody waits for it any more; the value then goes to `onLate`. */
  resolve(value: T): boolean;
  reject(error: unknown): void;
}

/**
 * A promise that ends with whichever comes first: its own result, the time limit, the signal. Timer and listener are gone when it is
 * settled. A result that comes after that is handed to `onLate`, so that nothing acquired is lost.
 *
 * @throws what `timedOut` makes, or the signal's reason
 */
export function bounded<T>(
  limits: WaitLimits,
  start: (settle: Settle<T>) => void,
  onLate: (value: T) => void = () => {},
): Promise<T> {
  return new Promise((resolve, reject) => {
    const { signal, now = timers.now } = limits;
    if (signal?.aborted === true) {
      reject(signal.reason);
      return;
    }
    let settled = false;
    const finish = (): boolean => {
      if (settled) return false;
      settled = true;
      stopTimer?.();
      stopListening?.();
      return true;
    };
    let stopListening: (() => void) | undefined;
    let stopTimer: (() => void) | undefined;
    const startTimer = () => {
      const left = Math.max(0, limits.until - now());
      const { recheck = Number.POSITIVE_INFINITY } = limits;
      stopTimer = startFairTimer(Math.min(left, recheck), onTimer, limits.keepsAlive, now, limits.loop);
    };
    const onTimer = () => {
      if (limits.until > now()) startTimer();
      else if (finish()) reject(limits.timedOut());
    };
    startTimer();
    stopListening =
      signal &&
      onAbort(signal, () => {
        if (finish()) reject(signal.reason);
      });
    start({
      resolve: (value) => {
        const waitedFor = finish();
        if (waitedFor) resolve(value);
        else onLate(value);
        return waitedFor;
      },
      reject: (error) => {
        if (finish()) reject(error);
      },
    });
  });
}

import { vi } from 'vitest';
import type { WaitLimits } from '../../adapters/mysql2/wait/bounded.ts';
import { type EventLoop, turnsToRead } from '../../adapters/mysql2/wait/fair-timer.ts';

/** What a wait within {@link limitsOf} throws when its time is over. */
export const timedOut = new Error('the time is over');

/** The timers of the moment, which a test may have faked: gone-away has taken the real ones when it was loaded. */
export const globalTimers: EventLoop = {
  setTimeout: (callback, milliseconds) => setTimeout(callback, milliseconds),
  clearTimeout: (timer) => clearTimeout(timer),
  setImmediate: (callback) => setImmediate(callback),
  clearImmediate: (immediate) => clearImmediate(immediate),
};

/** Limits from now on, on the clock and the timers of a test that has faked them. */
export function limitsOf({ within = 1_000, signal }: { within?: number; signal?: AbortSignal } = {}): WaitLimits {
  const now = () => performance.now();
  return { until: now() + within, now, loop: globalTimers, signal, timedOut: () => timedOut };
}

/** How long the turns of the event loop take that a fair timer waits for: with fake timers each takes a millisecond. */
export const turnsTake = turnsToRead;

/** Lets fake time pass until a wait of so many milliseconds is over. */
export function passTime(milliseconds: number): void {
  vi.advanceTimersByTime(milliseconds + turnsTake);
}

import { vi } from 'vitest';
import type { WaitLimits } from '../../adapters/mysql2/wait/bounded.ts';
import { turnsToRead } from '../../adapters/mysql2/wait/fair-timer.ts';

/** What a wait within {@link limitsOf} throws when its time is over. */
export const timedOut = new Error('the time is over');

/** Limits from now on, on the clock of a test that has faked it. */
export function limitsOf({ within = 1_000, signal }: { within?: number; signal?: AbortSignal } = {}): WaitLimits {
  const now = () => performance.now();
  return { until: now() + within, now, signal, timedOut: () => timedOut };
}

/** How long the turns of the event loop take that a fair timer waits for: with fake timers each takes a millisecond. */
export const turnsTake = turnsToRead;

/** Lets fake time pass until a wait of so many milliseconds is over. */
export function passTime(milliseconds: number): void {
  vi.advanceTimersByTime(milliseconds + turnsTake);
}

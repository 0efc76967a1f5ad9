/**
 * The timers and clocks of gone-away, taken once, when it is loaded. Tests of its users fake those of the process (`vi.useFakeTimers()`, say), and a
 * query has a real server behind it: it would wait for a timer that fires for nobody. Biome refuses the global ones elsewhere.
 */
import { performance } from 'node:perf_hooks';
import * as nodeProcess from 'node:process';
import * as nodeTimers from 'node:timers';
import { unfakedTimers } from './unfaked-timers.ts';

/**
 * Where they are faked already. The library that Vitest, Jest and Sinon have keeps what it has replaced, as `_setTimeout` of its clock. node:test hides it; its fakes are
 * private methods, bound.
 */
function real<F extends (...values: never[]) => unknown>(name: string, found: F): F {
  const { clock } = found as { readonly clock?: Readonly<Record<string, unknown>> | null };
  const kept = clock?.[`_${name}`] ?? (found.name.startsWith('bound #') ? unfakedTimers[name] : undefined);
  return typeof kept === 'function' ? (kept as F) : found;
}

export const setTimeout: typeof nodeTimers.setTimeout = real('setTimeout', nodeTimers.setTimeout);
export const clearTimeout: typeof nodeTimers.clearTimeout = real('clearTimeout', nodeTimers.clearTimeout);
export const setImmediate: typeof nodeTimers.setImmediate = real('setImmediate', nodeTimers.setImmediate);
export const clearImmediate: typeof nodeTimers.clearImmediate = real('clearImmediate', nodeTimers.clearImmediate);
export const nextTick: typeof nodeProcess.nextTick = real('nextTick', nodeProcess.nextTick);
export const queueMicrotask: typeof globalThis.queueMicrotask = real('queueMicrotask', globalThis.queueMicrotask);

/** Milliseconds, monotonic. Bound: every statement reads this clock. */
export const now: () => number = performance.now.bind(performance);

/** Milliseconds since 1970. */
export const wallClock: () => number = real('Date', Date).now;

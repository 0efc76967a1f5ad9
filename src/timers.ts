/**
 * The timers and clocks of gone-away, taken once, when it is loaded. Tests of its users fake those of the process (`vi.useFakeTimers()`, say), and a
 * query has a real server behind it: it would wait for a timer that fires for nobody. Biome refuses the global ones elsewhere.
 */
import { performance } from 'node:perf_hooks';
import * as nodeProcess from 'node:process';
import * as nodeTimers from 'node:timers';

export const setTimeout: typeof nodeTimers.setTimeout = nodeTimers.setTimeout;
export const clearTimeout: typeof nodeTimers.clearTimeout = nodeTimers.clearTimeout;
export const setImmediate: typeof nodeTimers.setImmediate = nodeTimers.setImmediate;
export const clearImmediate: typeof nodeTimers.clearImmediate = nodeTimers.clearImmediate;
export const nextTick: typeof nodeProcess.nextTick = nodeProcess.nextTick;
export const queueMicrotask: typeof globalThis.queueMicrotask = globalThis.queueMicrotask;

/** Milliseconds, monotonic. Bound: every statement reads this clock. */
export const now: () => number = performance.now.bind(performance);

/** Milliseconds since 1970. */
export const wallClock: () => number = Date.now;

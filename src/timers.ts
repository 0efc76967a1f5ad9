/**
 * The timers and clocks of gone-away, taken once, when it is loaded. Tests of its users fake those of the process (`vi.useFakeTimers()`, say), and a
 * query has a real server behind it: it would wait for a timer that fires for nobody. Biome refuses the global ones elsewhere.
 */
import { performance } from 'node:perf_hooks';
import * as nodeProcess from 'node:process';
import * as nodeTimers from 'node:timers';

export const { setTimeout, clearTimeout, setImmediate, clearImmediate } = nodeTimers;
export const { nextTick } = nodeProcess;
export const { queueMicrotask } = globalThis;

/** Milliseconds, monotonic. Bound: every statement reads this clock. */
export const now: () => number = performance.now.bind(performance);

/** Milliseconds since 1970. */
export const wallClock: () => number = Date.now;

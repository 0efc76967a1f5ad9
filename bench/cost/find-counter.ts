import type { Counter } from './counter.ts';
import { cpuCounter } from './cpu-counter.ts';
import { valgrindCounter, valgrindVersion } from './valgrind-counter.ts';

/** Valgrind, where it is and runs this Node.js. */
export async function findCounter(): Promise<Counter> {
  const version = await valgrindVersion();
  return version === undefined ? cpuCounter : valgrindCounter(version);
}

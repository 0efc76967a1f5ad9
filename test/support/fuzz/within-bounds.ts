import { runInNewContext } from 'node:vm';

/**
 * What synchronous work returns, if it returns in time. Not a measure of speed: time that grows with the square of a million is hours, and
 * nothing else could interrupt it.
 */
export function withinBounds<T>(work: () => T): T {
  return runInNewContext('work()', { work }, { timeout: 30_000 }) as T;
}

import type { Stall } from './history.ts';
import type { Clock } from './load.ts';

const every = 50;

/**
 * Notices when the process stood still for longer than a busy event loop does.
 *
 * @returns a function that ends it
 */
export function watchStandstill(clock: Clock, add: (stall: Stall) => void): () => void {
  let last = clock();
  const timer = setInterval(() => {
    const now = clock();
    if (now - last > 4 * every) add({ type: 'stall', from: last, to: now });
    last = now;
  }, every);
  return () => clearInterval(timer);
}

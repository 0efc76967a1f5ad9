import { vi } from 'vitest';
import { realEnvironment } from '../../src/internal.ts';
import type { Stage } from './stage.ts';

/**
 * Puts the wall clock forward, or back, by so many milliseconds from the time of day: for gone-away, which has taken its own when it was loaded, and for everybody else.
 *
 * @returns puts it right again; the end of the test does, too
 */
export function shiftWallClock(stage: Stage, milliseconds: number): () => void {
  const { wallClock } = realEnvironment;
  const shifted = () => wallClock() + milliseconds;
  const clocks = [vi.spyOn(realEnvironment, 'wallClock'), vi.spyOn(Date, 'now')];
  for (const clock of clocks) clock.mockImplementation(shifted);
  const restore = () => {
    for (const clock of clocks) clock.mockRestore();
  };
  stage.after(async () => restore());
  return restore;
}

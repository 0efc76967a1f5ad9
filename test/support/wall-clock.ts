import { vi } from 'vitest';
import { realEnvironment } from '../../src/internal.ts';
import type { Stage } from './stage.ts';

/** Puts the wall clock of gone-away forward, or back, by so many milliseconds from the time of day, until the end of the test. */
export function shiftWallClock(stage: Stage, milliseconds: number): { mockRestore(): void } {
  const { wallClock } = realEnvironment;
  const clock = vi.spyOn(realEnvironment, 'wallClock').mockImplementation(() => wallClock() + milliseconds);
  stage.after(async () => clock.mockRestore());
  return clock;
}

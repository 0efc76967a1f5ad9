import { timers } from '../../../src/internal.ts';

/** What a wait needs of the event loop; injected so that tests decide it. */
export interface EventLoop {
  setTimeout(callback: () => void, milliseconds: number): NodeJS.Timeout;
  clearTimeout(timer: NodeJS.Timeout | undefined): void;
  setImmediate(callback: () => void): NodeJS.Immediate;
  clearImmediate(immediate: NodeJS.Immediate | undefined): void;
}

/** A timer that fires this much later than it was due shows that the process stood still: frozen, or in a long computation. */
const stoodStill = 50;

/** How many turns of the event loop an answer that the kernel has needs to be seen, TLS included; measured. */
export const turnsToRead = 3;

/**
 * A timer that does not count against the other side the time in which this process stood still.
 *
 * After a long computation timers run before sockets are read, so that a plain timer would call a statement unanswered whose answer
 * lies in the kernel. This one lets the event loop turn before it calls back; and if it was late itself, it waits again, once, for as
 * long as it was late, at most as long as it was set for: a handshake that stood still with the process needs more than one answer.
 *
 * @param keepsAlive whether the process has to live until then
 * @param now a monotonic clock, in milliseconds
 * @param loop default: the real one
 * @returns calls it off
 */
export function startFairTimer(
  milliseconds: number,
  callback: () => void,
  keepsAlive = true,
  now: () => number = timers.now,
  loop: EventLoop = timers,
): () => void {
  let timer: NodeJS.Timeout | undefined;
  let immediate: NodeJS.Immediate | undefined;
  const startTimer = (duration: number, mayExtend: boolean) => {
    const due = now() + duration;
    timer = loop.setTimeout(() => {
      const late = now() - due;
      if (mayExtend && late > stoodStill) startTimer(Math.min(late, milliseconds), false);
      else letLoopTurn(turnsToRead);
    }, duration);
    if (!keepsAlive) timer.unref();
  };
  const letLoopTurn = (turns: number) => {
    immediate = loop.setImmediate(() => (turns > 1 ? letLoopTurn(turns - 1) : callback()));
  };
  startTimer(milliseconds, true);
  return () => {
    loop.clearTimeout(timer);
    loop.clearImmediate(immediate);
  };
}

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startFairTimer } from '../../../../../adapters/mysql2/wait/fair-timer.ts';
import { globalTimers, turnsTake } from '../../../../support/wait-limits.ts';

/** Starts a timer whose process can stand still: time passes, and no timer fires meanwhile. */
function startTimer(milliseconds: number) {
  const callback = vi.fn();
  let stoodStill = 0;
  const stop = startFairTimer(milliseconds, callback, true, () => performance.now() + stoodStill, globalTimers);
  return {
    callback,
    stop,
    standStill: (duration: number) => {
      stoodStill += duration;
    },
  };
}

describe('a fair timer', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('calls back once, when its time is over', () => {
    const { callback } = startTimer(100);
    vi.advanceTimersByTime(99 + turnsTake);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('lets sockets be read first, for three turns of the event loop', () => {
    const { callback } = startTimer(100);
    vi.advanceTimersToNextTimer();
    for (const turn of [1, 2, 3]) {
      expect(callback, `before turn ${turn}`).not.toHaveBeenCalled();
      vi.advanceTimersToNextTimer();
    }
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it('gives back the time in which the process stood still, once', () => {
    const { callback, standStill } = startTimer(100);
    standStill(80);
    vi.advanceTimersByTime(150);
    standStill(80);
    vi.advanceTimersByTime(29 + turnsTake);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it('gives back no more than it was set for', () => {
    const { callback, standStill } = startTimer(100);
    standStill(60_000);
    vi.advanceTimersByTime(199 + turnsTake);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it('takes a delay of 50 ms for the usual lateness of timers', () => {
    const { callback, standStill } = startTimer(100);
    standStill(50);
    vi.advanceTimersByTime(100 + turnsTake);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it.each([
    { when: 'before it is over', late: 0, passed: 50 },
    { when: 'in the time that it gave back', late: 80, passed: 150 },
  ])('never calls back after it was called off $when', ({ late, passed }) => {
    const { callback, stop, standStill } = startTimer(100);
    standStill(late);
    vi.advanceTimersByTime(passed);
    stop();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(1_000);
    expect(callback).not.toHaveBeenCalled();
  });

  it('never calls back after it was called off while the event loop turned', () => {
    const { callback, stop } = startTimer(100);
    vi.advanceTimersToNextTimer();
    vi.advanceTimersToNextTimer();
    stop();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(1_000);
    expect(callback).not.toHaveBeenCalled();
  });
});

describe('a process that has nothing else to do', () => {
  /** Timers that keep this process alive. */
  const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;

  it.each([
    { keepsAlive: undefined, lives: 'lives until a fair timer calls back', more: 1 },
    { keepsAlive: true, lives: 'lives until one calls back that keeps it alive', more: 1 },
    { keepsAlive: false, lives: 'ends before one calls back that does not', more: 0 },
  ])('$lives', ({ keepsAlive, more }) => {
    const before = timers();
    const stop = startFairTimer(60_000, () => {}, keepsAlive);
    expect(timers()).toBe(before + more);
    stop();
    expect(timers()).toBe(before);
  });
});

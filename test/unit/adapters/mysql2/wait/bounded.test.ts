import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bounded, type Settle } from '../../../../../adapters/mysql2/wait/bounded.ts';
import { limitsOf, passTime, timedOut } from '../../../../support/wait-limits.ts';

/** Waits for a result that the test gives or does not give. */
function startWait({ within, keepsAlive }: { within?: number; keepsAlive?: boolean } = {}) {
  const caller = new AbortController();
  const onLate = vi.fn();
  let settle: Settle<string> | undefined;
  const limits = {
    ...limitsOf({ within: within ?? 1_000, signal: caller.signal }),
    ...(keepsAlive !== undefined && { keepsAlive }),
  };
  const result = bounded<string>(
    limits,
    (given) => {
      settle = given;
    },
    onLate,
  );
  result.catch(() => {});
  if (settle === undefined) throw new Error('was not started');
  return { caller, onLate, settle, result };
}

function expectNothingLeft(signal: AbortSignal): void {
  expect(vi.getTimerCount()).toBe(0);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
}

describe('a bounded wait', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('ends with its result, and leaves no timer and no listener', async () => {
    const { caller, settle, result, onLate } = startWait();
    expect(settle.resolve('a')).toBe(true);
    expectNothingLeft(caller.signal);
    await expect(result).resolves.toBe('a');
    expect(onLate).not.toHaveBeenCalled();
  });

  it('ends with its error, and leaves no timer and no listener', async () => {
    const { caller, settle, result } = startWait();
    const error = new Error('refused');
    settle.reject(error);
    expectNothingLeft(caller.signal);
    await expect(result).rejects.toBe(error);
  });

  it('ends when its time is over, and not before, and leaves no listener', async () => {
    const { caller, result } = startWait({ within: 100 });
    passTime(99);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(1);
    expectNothingLeft(caller.signal);
    await expect(result).rejects.toBe(timedOut);
  });

  it('ends at once when its time was over before it began', async () => {
    const { caller, result } = startWait({ within: -5 });
    passTime(0);
    expectNothingLeft(caller.signal);
    await expect(result).rejects.toBe(timedOut);
  });

  it("ends with the signal's reason when that aborts, and leaves no timer", async () => {
    const { caller, result } = startWait();
    const reason = new Error('the caller has left');
    caller.abort(reason);
    expectNothingLeft(caller.signal);
    await expect(result).rejects.toBe(reason);
  });

  it('starts nothing for a signal that had aborted before', async () => {
    const reason = new Error('the caller has left');
    const signal = AbortSignal.abort(reason);
    const start = vi.fn();
    await expect(bounded(limitsOf({ signal }), start)).rejects.toBe(reason);
    expect(start).not.toHaveBeenCalled();
    expectNothingLeft(signal);
  });

  it.each([
    { after: 'its time was over', end: () => passTime(1_000) },
    { after: 'the signal aborted', end: (caller: AbortController) => caller.abort() },
  ])('hands on a result that comes after $after', async ({ end }) => {
    const { caller, settle, result, onLate } = startWait();
    end(caller);
    expect(settle.resolve('late')).toBe(false);
    expect(onLate).toHaveBeenCalledExactlyOnceWith('late');
    await expect(result).rejects.toBeDefined();
  });

  it('keeps its first end: an error, a signal or a result after that change nothing', async () => {
    const { caller, settle, result, onLate } = startWait();
    settle.resolve('first');
    settle.reject(new Error('second'));
    caller.abort();
    vi.advanceTimersByTime(10_000);
    await expect(result).resolves.toBe('first');
    expect(settle.resolve('third')).toBe(false);
    expect(onLate).toHaveBeenCalledExactlyOnceWith('third');
  });
});

describe('a process that waits for nothing else', () => {
  /** Timers that keep this process alive. */
  const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;

  it.each([
    { keepsAlive: true, lives: 'lives until a bounded wait is over that keeps it alive', more: 1 },
    { keepsAlive: false, lives: 'ends before one is over that does not', more: 0 },
  ])('$lives', async ({ keepsAlive, more }) => {
    const before = timers();
    const { settle, result } = startWait({ within: 60_000, keepsAlive });
    expect(timers()).toBe(before + more);
    settle.resolve('a');
    await result;
  });
});

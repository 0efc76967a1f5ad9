import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Admission } from '../../../../../adapters/mysql2/pool/admission.ts';
import { limitsOf, passTime, timedOut } from '../../../../support/wait-limits.ts';

const now = () => performance.now();

/** An admission whose permits are all taken. */
function fullAdmission(permits: number): Admission {
  const admission = new Admission(() => permits, now);
  while (admission.tryEnter());
  return admission;
}

describe('Admission', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it('lets in as many as it has permits', () => {
    const admission = new Admission(() => 2, now);
    expect([1, 2, 3].map(() => admission.tryEnter())).toEqual([true, true, false]);
  });

  it('goes by the limit as it is now', async () => {
    let most = 1;
    const admission = new Admission(() => most, now);
    expect([1, 2].map(() => admission.tryEnter())).toEqual([true, false]);
    const waiting = [admission.enter(limitsOf()), admission.enter(limitsOf()), admission.enter(limitsOf())];
    most = 3;
    admission.leave();
    // Those that wait come first, as many as there are permits now.
    await Promise.all(waiting);
    expect(admission.tryEnter()).toBe(false);
    most = 2;
    admission.leave();
    expect(admission.tryEnter()).toBe(false);
    admission.leave();
    expect(admission.tryEnter()).toBe(true);
  });

  it('lets one in again for each that leaves', () => {
    const admission = fullAdmission(2);
    admission.leave();
    expect([1, 2].map(() => admission.tryEnter())).toEqual([true, false]);
  });

  it('gives a permit that comes back to the call that has waited longest, and to nobody who comes later', async () => {
    const admission = fullAdmission(1);
    const entered: string[] = [];
    const first = admission.enter(limitsOf()).then(() => entered.push('first'));
    const second = admission.enter(limitsOf()).then(() => entered.push('second'));
    expect(admission.waiting).toBe(2);
    admission.leave();
    expect(admission.tryEnter()).toBe(false);
    await first;
    expect(entered).toEqual(['first']);
    admission.leave();
    await second;
    expect(admission.waiting).toBe(0);
    expect(admission.tryEnter()).toBe(false);
  });

  it('keeps the permit of a call that left as the permit came', async () => {
    const admission = fullAdmission(1);
    const caller = new AbortController();
    const reason = new Error('left');
    const wait = admission.enter(limitsOf({ signal: caller.signal }));
    caller.abort(reason);
    admission.leave();
    await expect(wait).rejects.toBe(reason);
    expect([1, 2].map(() => admission.tryEnter())).toEqual([true, false]);
  });

  it('does not count a call whose time is over', async () => {
    const admission = fullAdmission(1);
    const wait = admission.enter(limitsOf({ within: 100 }));
    passTime(100);
    await expect(wait).rejects.toBe(timedOut);
    expect(admission.waiting).toBe(0);
  });

  it('sends everybody home who waits, and frees no permit by that', async () => {
    const admission = fullAdmission(1);
    const waits = [admission.enter(limitsOf()), admission.enter(limitsOf())];
    const error = new Error('Pool is closed.');
    admission.rejectWaiting(error);
    expect(await Promise.allSettled(waits)).toEqual([
      { status: 'rejected', reason: error },
      { status: 'rejected', reason: error },
    ]);
    expect(admission.waiting).toBe(0);
    expect(admission.tryEnter()).toBe(false);
  });
});

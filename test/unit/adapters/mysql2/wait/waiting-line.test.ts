import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WaitingLine } from '../../../../../adapters/mysql2/wait/waiting-line.ts';
import { limitsOf, passTime, timedOut } from '../../../../support/wait-limits.ts';

/** A line, and who of it was woken or sent away, in that order. */
function openLine() {
  const line = new WaitingLine();
  const ends: string[] = [];
  const join = (name: string, limits = limitsOf()): Promise<void> =>
    line.wait(limits).then(
      () => void ends.push(name),
      (error: unknown) => void ends.push(`${name}: ${error instanceof Error ? error.message : error}`),
    );
  return { line, ends, join };
}

describe('WaitingLine', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it('wakes one caller at a time: first come, first served', async () => {
    const { line, ends, join } = openLine();
    const waits = ['a', 'b', 'c'].map((name) => join(name));
    expect(line.size).toBe(3);
    expect(line.wakeFirst()).toBe(true);
    expect(line.size).toBe(2);
    await waits[0];
    expect(ends).toEqual(['a']);
    line.wakeFirst();
    line.wakeFirst();
    await Promise.all(waits);
    expect(ends).toEqual(['a', 'b', 'c']);
  });

  it('says that nobody was woken where nobody waits', () => {
    expect(new WaitingLine().wakeFirst()).toBe(false);
  });

  it('wakes all at once', async () => {
    const { line, ends, join } = openLine();
    const waits = ['a', 'b', 'c'].map((name) => join(name));
    line.wakeAll();
    expect(line.size).toBe(0);
    await Promise.all(waits);
    expect(ends).toEqual(['a', 'b', 'c']);
  });

  it('sends all away with one error', async () => {
    const { line, ends, join } = openLine();
    const waits = ['a', 'b'].map((name) => join(name));
    line.rejectAll(new Error('closed'));
    expect(line.size).toBe(0);
    await Promise.all(waits);
    expect(ends).toEqual(['a: closed', 'b: closed']);
  });

  it('forgets a caller whose time is over', async () => {
    const { line, ends, join } = openLine();
    const impatient = join('a', limitsOf({ within: 100 }));
    const patient = join('b');
    passTime(100);
    await impatient;
    expect(ends).toEqual([`a: ${timedOut.message}`]);
    expect(line.size).toBe(1);
    line.wakeFirst();
    await patient;
    expect(ends.at(-1)).toBe('b');
  });

  it('passes over a caller that left in the same moment, so that nobody who waits is forgotten', async () => {
    const { line, ends, join } = openLine();
    const caller = new AbortController();
    const waits = [join('a', limitsOf({ signal: caller.signal })), join('b')];
    caller.abort(new Error('left'));
    expect(line.wakeFirst()).toBe(true);
    await Promise.all(waits);
    expect(ends).toHaveLength(2);
    expect(ends).toEqual(expect.arrayContaining(['a: left', 'b']));
  });

  it('says that nobody was woken where the only caller left in the same moment', async () => {
    const { line, join } = openLine();
    const caller = new AbortController();
    const wait = join('a', limitsOf({ signal: caller.signal }));
    caller.abort();
    expect(line.wakeFirst()).toBe(false);
    await wait;
    expect(line.size).toBe(0);
  });

  it('takes in nobody whose signal had aborted before', async () => {
    const { line, ends, join } = openLine();
    const wait = join('a', limitsOf({ signal: AbortSignal.abort(new Error('left')) }));
    expect(line.size).toBe(0);
    await wait;
    expect(ends).toEqual(['a: left']);
  });

  it('wakes nobody who joins after that', async () => {
    const { line, ends, join } = openLine();
    const first = join('a');
    line.wakeAll();
    const second = join('b');
    await first;
    expect(ends).toEqual(['a']);
    expect(line.size).toBe(1);
    line.wakeAll();
    await second;
  });
});

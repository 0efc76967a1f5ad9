import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { eitherSignal } from '../../../src/abort.ts';

describe('a signal of two', () => {
  it('aborts with the one that aborts first, and with its reason', () => {
    for (const first of [0, 1]) {
      const [lasting, own] = [new AbortController(), new AbortController()];
      const { signal } = eitherSignal(lasting.signal, own.signal);
      expect(signal.aborted).toBe(false);
      const reason = new Error('mine');
      (first === 0 ? lasting : own).abort(reason);
      (first === 0 ? own : lasting).abort(new Error('another'));
      expect(signal.reason).toBe(reason);
    }
  });

  it('is aborted from the beginning where one of them is', () => {
    const reason = new Error('mine');
    expect(eitherSignal(AbortSignal.abort(reason), new AbortController().signal).signal.reason).toBe(reason);
    expect(eitherSignal(new AbortController().signal, AbortSignal.abort(reason)).signal.reason).toBe(reason);
  });

  it('leaves nothing behind on one that lasts', () => {
    const lasting = new AbortController().signal;
    for (let made = 0; made < 3; made += 1) eitherSignal(lasting, new AbortController().signal).release();
    expect(getEventListeners(lasting, 'abort')).toEqual([]);
    // Where Node.js keeps what AbortSignal.any() makes of it.
    const sizes = Object.getOwnPropertySymbols(lasting)
      .map((symbol) => (lasting as unknown as Record<symbol, unknown>)[symbol])
      .filter((value) => value instanceof Set)
      .map((set) => set.size);
    expect(sizes.filter((size) => size > 0)).toEqual([]);
  });
});

import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { eitherSignal, onAbort } from '../../../src/abort.ts';

describe('what waits for a signal', () => {
  it('has one listener there, however much of it there is, and none when all of it was called off', () => {
    const { signal } = new AbortController();
    const stops = Array.from({ length: 50 }, () => onAbort(signal, () => {}));
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    for (const stop of stops) stop();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    for (const stop of stops) stop();
    onAbort(signal, () => {});
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  });

  it('is called back once each, in the order in which it came, but for what was called off by then', () => {
    const controller = new AbortController();
    const called: number[] = [];
    const note = (one: number) => () => void called.push(one);
    const twice = note(2);
    onAbort(controller.signal, note(1));
    onAbort(controller.signal, twice);
    onAbort(controller.signal, twice);
    const stop = onAbort(controller.signal, note(3));
    onAbort(controller.signal, () => stopLast());
    const stopLast = onAbort(controller.signal, note(4));
    onAbort(controller.signal, note(5));
    stop();
    controller.abort();
    expect(called).toEqual([1, 2, 2, 5]);
  });
});

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

import { describe, expect, it } from 'vitest';
import { inLanes } from '../../../../bench/cost/lanes.ts';

describe('lanes', () => {
  it('do one task at a time each, and all in the end, in the order of the tasks', async () => {
    const busy = new Map([
      ['a', 0],
      ['b', 0],
    ]);
    const used = new Set<string>();
    const work = async (lane: string, task: number) => {
      used.add(lane);
      busy.set(lane, (busy.get(lane) ?? 0) + 1);
      expect(busy.get(lane)).toBe(1);
      for (let turn = 0; turn < task; turn += 1) await Promise.resolve();
      busy.set(lane, 0);
      return task * 10;
    };
    expect(await inLanes(['a', 'b'], [9, 1, 5, 2, 0], work)).toEqual([90, 10, 50, 20, 0]);
    expect([...used]).toEqual(['a', 'b']);
  });

  it('say when a task fails', async () => {
    await expect(inLanes(['a'], [1], () => Promise.reject(new Error('no server')))).rejects.toThrow('no server');
  });
});

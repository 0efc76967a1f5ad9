import { describe, expect, it } from 'vitest';
import { alternate, concurrently } from '../../../bench/alternate.ts';
import { callsInRound } from '../../../bench/measure.ts';

const options = { rounds: 3, callsPerRound: 4, leadIn: 2 };

describe('alternating runners', () => {
  it('take turns, each round in another order, after a warm-up and each after its lead-in', async () => {
    const runs: string[] = [];
    const runner = (name: string) => ({ name, run: async (calls: number) => void runs.push(`${name}${calls}`) });
    const found = await alternate([runner('a'), runner('b')], options);
    const turn = (name: string) => [`${name}2`, `${name}4`];
    const turns = ['a', 'b', 'b', 'a', 'a', 'b'].flatMap(turn);
    expect(runs).toEqual(['a20', 'b20', ...turns]);
    expect(found.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(found[0]).toMatchObject({ ratio: 1, spread: [1, 1] });
  });

  it('say whose error it was', async () => {
    const good = { name: 'good', run: async () => {} };
    const bad = { name: 'bad', run: () => Promise.reject(new TypeError('no such table')) };
    await expect(alternate([good, bad], options)).rejects.toThrow('bad: no such table');
  });
});

describe('concurrent calls', () => {
  it.each([
    [1, 3, 1],
    [5, 20, 5],
    [50, 7, 7],
  ])('are under way %i at a time, %i in all', async (concurrency, calls, most) => {
    const made: number[] = [];
    let under = 0;
    let seen = 0;
    await concurrently(concurrency, calls, async (index) => {
      made.push(index);
      under += 1;
      seen = Math.max(seen, under);
      await Promise.resolve();
      under -= 1;
    });
    expect(made).toEqual(Array.from({ length: calls }, (_, index) => index + 1));
    expect(seen).toBe(most);
  });
});

describe('the calls of a round', () => {
  it.each([
    ['as many as it has room for', 100, 10, 1, 500],
    ['twice as many as are under way', 100, 1_000, 500, 1_000],
    ['never fewer than ten', 50, 100_000, 1, 10],
    ['some, where they took no time', 1, 0, 1, 50_000],
  ])('are %s', (_, calls, ms, concurrency, expected) => {
    expect(callsInRound(calls, ms, concurrency)).toBe(expected);
  });
});

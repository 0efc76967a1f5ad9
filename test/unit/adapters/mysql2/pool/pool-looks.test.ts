import { describe, expect, it } from 'vitest';
import { type Glimpse, PoolLooks } from '../../../../../adapters/mysql2/pool/pool-looks.ts';

const one = {};
const other = {};

/** Looks at a pool that is these at one look after the other, a second apart from 1,000 on. */
function after(...looks: readonly (readonly Glimpse[])[]) {
  let shown: readonly Glimpse[] = [];
  const pool = new PoolLooks(() => shown);
  for (const [index, glimpses] of looks.entries()) {
    shown = glimpses;
    pool.look(1_000 * (index + 1), 1_000);
  }
  const { lastMoveAt, lastReturnAt } = pool;
  return { lastMoveAt, lastReturnAt };
}

const seen = (pulse: string, givenBack: number, connection = one): readonly Glimpse[] => [
  { connection, pulse, givenBack },
];

describe('what moves between two looks', () => {
  it.each([
    ['nothing was there to compare', [seen('a', 1)], 0, 0],
    ['nothing', [seen('a', 1), seen('a', 1), seen('a', 1)], 0, 0],
    ['bytes went', [seen('a', 1), seen('b', 1), seen('b', 1)], 2_000, 0],
    ['it was given back', [seen('a', 1), seen('a', 1), seen('a', 2)], 0, 3_000],
    ['another one took its place', [seen('a', 1), seen('a', 1, other)], 2_000, 2_000],
  ] as const)('%s', (_, looks, lastMoveAt, lastReturnAt) => {
    expect(after(...looks)).toEqual({ lastMoveAt, lastReturnAt });
  });

  it('is not looked for again where somebody has just looked', () => {
    let looks = 0;
    const pool = new PoolLooks(() => {
      looks += 1;
      return [];
    });
    for (const now of [1_000, 1_099, 1_100, 1_150]) pool.look(now, 100);
    expect(looks).toBe(2);
  });
});

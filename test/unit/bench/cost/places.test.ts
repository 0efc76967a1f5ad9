import { describe, expect, it } from 'vitest';
import { largestPlaces } from '../../../../bench/cost/places.ts';

const site = (name: string, line: number, bytes: number) => ({
  name,
  url: 'file:///dist/a.js',
  line,
  column: 0,
  bytes,
});
const originOf = ({ line }: { readonly line: number }) => ({ file: 'src/a.ts', line: line * 10 });

describe('the places that allocate most', () => {
  it('are where they were written, with the bytes of a call, largest first', () => {
    const sites = [site('send', 7, 100), site('', 3, 500), site('send', 7, 900), site('idle', 1, 10)];
    expect(largestPlaces(sites, 10, originOf, 2)).toEqual([
      { function: 'send', file: 'src/a.ts', line: 70, bytes: 100 },
      { function: '(anonymous)', file: 'src/a.ts', line: 30, bytes: 50 },
    ]);
  });

  it('are apart where functions of one name are', () => {
    expect(largestPlaces([site('run', 1, 10), site('run', 2, 10)], 1, originOf)).toHaveLength(2);
  });
});

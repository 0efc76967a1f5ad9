import { describe, expect, it } from 'vitest';
import { figureText, moreText, textOf } from '../../../../bench/cost/report.ts';
import { costCellOf } from './sample.ts';

describe('the report of npm run bench -- cost', () => {
  it('has a line for each contender, with how much more it is than the first one', () => {
    expect(textOf(costCellOf()).split('\n')).toEqual([
      'mysql2, loopback, SELECT 1, one after the other, 500 calls',
      '  contender     instructions per call      more             bytes per call          more',
      '  mysql2, bare  74,400 (74,000 to 75,000)                   6,900 (6,900 to 6,900)',
      '  gone-away     59,520 (59,520 to 59,520)  -14,880 (-20 %)  8,970 (8,970 to 8,970)  +2,070 (+30 %)',
      '',
      '',
    ]);
  });

  it('says what was counted where there was no valgrind', () => {
    expect(textOf(costCellOf({ unit: 'ns' }))).toContain('ns of user CPU time per call');
  });

  it('has no sign where there is nothing more', () => {
    expect(figureText({ median: 0.6, range: [0.4, 1] })).toBe('1 (0 to 1)');
    expect(moreText(-0.4, { median: 100, range: [100, 100] })).toBe('0 (0 %)');
    expect(moreText(-2, { median: 1_000, range: [1_000, 1_000] })).toBe('-2 (0 %)');
  });
});

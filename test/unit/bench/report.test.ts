import { describe, expect, it } from 'vitest';
import { cellTitle, leftOutLine, textOf } from '../../../bench/report.ts';
import { cellOf } from './sample.ts';

describe('the report of npm run bench', () => {
  it('has a line for each contender', () => {
    expect(textOf(cellOf()).split('\n')).toEqual([
      'mysql2, loopback, SELECT 1, one after the other: throughput and CPU time per call against mysql2, bare, median of the rounds (middle half)',
      '  mysql2, bare    1.000 (1.000 to 1.000)    9000/s  CPU 1.000 (1.000 to 1.000)     50 us',
      '  knex on mysql2  0.500 (0.400 to 0.600)    4500/s  CPU 2.000 (1.900 to 2.100)    100 us',
      '',
      '',
    ]);
  });

  it('says how many calls were under way, and where', () => {
    const title = cellTitle({ group: 'prisma', path: 'delay', statement: 'rows', concurrency: 50 });
    expect(title).toBe('prisma, 1 ms away, 100 rows, 50 at a time');
  });

  it('names who was left out, and why', () => {
    const line = leftOutLine({ group: 'mysql2', contender: 'knex', reason: "Cannot find package 'knex'" });
    expect(line).toBe("left out of mysql2: knex on mysql2 (knex): Cannot find package 'knex'\n");
  });
});

import { describe, expect, it } from 'vitest';
import { distributionOf } from '../../../../bench/recovery/distribution.ts';
import { textOf, timeText } from '../../../../bench/recovery/report.ts';
import { faultCellOf } from './sample.ts';

describe('the report of npm run bench -- recovery', () => {
  it('has a line for each contender, and hides nothing that did not come', () => {
    expect(textOf(faultCellOf(), { repeats: 2 }).split('\n')).toEqual([
      'kill -9, 2 times: ms after it, median (middle half; worst); connections during it + in the second after it, median',
      '  contender     first success          all served                            throughput                                  errors                                           connects  handshakes',
      '  mysql2, bare  1.3 (1.3 to 9; 9)      20 (20 to -; -), 1 x not within 10 s  1,500 (1,500 to -; -), 1 x not within 10 s  0 (0 to 3; 3), and 1 in all that came to nobody  40 + 10   0 + 10',
      '  gone-away     1.3 (1.3 to 1.3; 1.3)  20 (20 to 20; 20)                     1,500 (1,500 to 1,500; 1,500)               0 (0 to 0; 0)                                    40 + 10   0 + 10',
      '',
      '',
    ]);
  });

  it('has no figures where it came in few repeats, or in none', () => {
    expect(timeText(distributionOf([undefined, undefined]))).toBe('2 x not within 10 s');
    expect(timeText(distributionOf([undefined, 7, undefined]))).toBe('- (7 to -; -), 2 x not within 10 s');
  });
});

import { describe, expect, test } from 'vitest';
import { longestGap } from '../campaigns/servers/writability.ts';

describe('the longest time without a success', () => {
  test.each([
    { what: 'between two of them', moments: [110, 300, 120, 390], expected: { from: 120, to: 300 } },
    { what: 'before the first', moments: [350, 380], expected: { from: 100, to: 350 } },
    { what: 'after the last', moments: [110, 150], expected: { from: 150, to: 400 } },
    { what: 'all of it', moments: [50, 500], expected: { from: 100, to: 400 } },
  ])('is $what', ({ moments, expected }) => {
    expect(longestGap(moments, 100, 400, 50)).toEqual(expected);
  });

  test('is none when it is not longer than what counts', () => {
    expect(longestGap([150, 200, 250, 300, 350], 100, 400, 50)).toBeUndefined();
  });
});

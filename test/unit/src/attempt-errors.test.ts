import { describe, expect, it } from 'vitest';
import { AttemptErrors } from '../../../src/attempt-errors.ts';

describe('what the attempts of one piece of work failed with', () => {
  it('is kept in their order, and of a long wait the first and the last', () => {
    const errors = new AttemptErrors();
    errors.note('lost', false);
    for (let probe = 1; probe <= 1_000; probe += 1) errors.note(`away ${probe}`, true);
    errors.note('lost again', false);
    for (let probe = 1; probe <= 3; probe += 1) errors.note(`refused ${probe}`, true);
    expect(errors.all()).toEqual(['lost', 'away 1', 'away 1000', 'lost again', 'refused 1', 'refused 3']);
  });
});

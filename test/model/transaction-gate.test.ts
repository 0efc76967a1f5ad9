import { describe, expect, test } from 'vitest';
import { type Exploration, explore } from './explore.ts';
import { type Setting, startOf, stepsOf, type Variant, violatedBy } from './transaction-gate.ts';

/** Room for one of each trouble, in every order with three statements and the callback's end. */
const usual: Setting = { statements: 3, committing: undefined, deadlocks: 1, lockTimeouts: 1, losses: 1 };

const exploreAll = (setting: Setting): Exploration =>
  explore(
    startOf(setting),
    (world) => stepsOf(world, setting),
    (world) => violatedBy(world, setting),
  );

describe('the gate of a transaction, in every order of calls, answers, failures and ends', () => {
  test.each<[string, Setting, number]>([
    ['three statements', usual, 1_000],
    ['four statements', { ...usual, statements: 4 }, 3_000],
    ['two of each trouble', { ...usual, deadlocks: 2, lockTimeouts: 2, losses: 2 }, 2_000],
    ['the first statement commits by itself', { ...usual, committing: 1 }, 1_000],
    ['the second statement commits by itself', { ...usual, committing: 2 }, 1_000],
  ])('lets nothing run behind the transaction, tells everybody once, and ends: %s', (_name, setting, least) => {
    const { states, violation } = exploreAll(setting);
    expect(violation).toBeUndefined();
    // A model in which nothing happens is always right.
    expect(states).toBeGreaterThan(least);
  });

  const behind = 'was executed behind its transaction, and stays';

  test.each<[Variant, string, readonly string[], Partial<Setting>?]>([
    [
      'goes on after a deadlock',
      `2 ${behind}`,
      ['BEGIN is answered', 'calls 1', 'calls 2', '1 is the victim of a deadlock', '2 is answered'],
    ],
    [
      'does not ask after a lock wait timeout',
      `2 ${behind}`,
      ['BEGIN is answered', 'calls 1', 'calls 2', '1 waits too long, and all is rolled back', '2 is answered'],
    ],
    [
      'takes calls after the callback has returned',
      'two things are on the wire at once',
      ['BEGIN is answered', 'the callback returns', 'calls 1'],
    ],
    [
      'takes calls after the callback has thrown',
      'two things are on the wire at once',
      ['BEGIN is answered', 'the callback throws', 'calls 1'],
    ],
    [
      'refuses what waits when the callback throws',
      'refused, though it was called in time and the server had not ended the transaction',
      ['BEGIN is answered', 'calls 1', 'calls 2', 'the callback throws'],
    ],
    [
      'does not wait for what is on the wire',
      'two things are on the wire at once',
      ['BEGIN is answered', 'calls 1', 'the callback returns'],
    ],
    [
      'begins again after something was executed',
      'committed, and something that was answered is not there',
      [
        ...['BEGIN is answered', 'calls 1', 'calls 2', 'the callback returns', '1 is answered'],
        ...['2 is the victim of a deadlock', 'BEGIN is answered', '2 is answered', 'COMMIT is answered'],
      ],
    ],
    [
      'calls a transaction whole that has committed by itself',
      `3 ${behind}`,
      [
        ...['BEGIN is answered', 'calls 1', 'calls 2', 'calls 3'],
        ...['1 is answered', '2 is answered', '3 is answered'],
      ],
      { committing: 2 },
    ],
  ])('is wrong when it %s: %s', (variant, property, trace, also) => {
    expect(exploreAll({ ...usual, ...also, variant }).violation).toEqual({ property, trace });
  });
});

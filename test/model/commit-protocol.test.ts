import { describe, expect, test } from 'vitest';
import { type Protocol, start, steps, type Variant, violated } from './commit-protocol.ts';
import { type Exploration, explore } from './explore.ts';

/** The defaults leave room for one crash of each kind, and for a settlement whose first answers are lost. */
const alone: Protocol = {
  processes: 1,
  keyed: false,
  attempts: 2,
  questions: 3,
  serverCrashes: 1,
  processCrashes: 1,
};

const exploreAll = (protocol: Protocol): Exploration =>
  explore(
    start(protocol),
    (world) => steps(world, protocol),
    (world) => violated(world, protocol),
  );

describe('the protocol of exactlyOnce, in every order in which things can happen', () => {
  test.each([
    ['one process without a key', { ...alone, attempts: 3 }, 20_000],
    ['one process with a key', { ...alone, keyed: true }, 5_000],
    [
      'two processes with the same key, which settle for long',
      { ...alone, processes: 2, keyed: true, attempts: 1, questions: 2, serverCrashes: 0 },
      20_000,
    ],
    [
      'two processes with the same key, which run again',
      { ...alone, processes: 2, keyed: true, questions: 1, serverCrashes: 0, processCrashes: 0 },
      50_000,
    ],
  ] as const)('applies nothing twice, and says nothing false: %s', (_name, protocol, least) => {
    const { states, violation } = exploreAll(protocol);
    expect(violation).toBeUndefined();
    // A model in which nothing happens is always right.
    expect(states).toBeGreaterThan(least);
  });

  const shortest = (variant: Variant, keyed = false) => {
    const { violation } = exploreAll({ ...alone, keyed, variant });
    return [...(violation?.trace ?? []), `=> ${violation?.property}`];
  };

  test('is wrong when it settles by SELECT: the lost session commits a moment later', () => {
    expect(shortest('settles by SELECT')).toMatchInlineSnapshot(`
      [
        "process 0 begins",
        "session 0a inserts token 0.1 and works",
        "process 0 hears that, sends COMMIT",
        "process 0 loses session 0a, asks",
        "session 0b sees token 0.1 absent",
        "session 0a commits",
        "process 0 hears that, takes it for undone",
        "process 0 reports "not committed"",
        "=> told "not committed", and it is",
      ]
    `);
  });

  test('is wrong when it runs again without settling', () => {
    expect(shortest('runs again without settling')).toMatchInlineSnapshot(`
      [
        "process 0 begins",
        "session 0a inserts token 0.1 and works",
        "process 0 hears that, sends COMMIT",
        "session 0a commits",
        "process 0 loses session 0a, takes it for undone",
        "process 0 reports "not committed"",
        "=> told "not committed", and it is",
      ]
    `);
  });

  test('is wrong when it takes KILL for the proof: COMMIT may be faster', () => {
    expect(shortest('takes KILL for the proof')).toMatchInlineSnapshot(`
      [
        "process 0 begins",
        "session 0a inserts token 0.1 and works",
        "process 0 hears that, sends COMMIT",
        "process 0 loses session 0a, asks",
        "session 0b does not get token 0.1 in time",
        "session 0a commits",
        "process 0 hears that, takes it for undone",
        "process 0 reports "not committed"",
        "=> told "not committed", and it is",
      ]
    `);
  });

  test('is wrong when it uses a token again that was fenced: the row says nothing about the second run', () => {
    expect(shortest('uses a fenced token again')).toMatchInlineSnapshot(`
      [
        "process 0 begins",
        "session 0a inserts token 0.1 and works",
        "the server ends session 0a",
        "process 0 hears that, sends COMMIT",
        "process 0 loses session 0a, asks",
        "session 0b fences token 0.1",
        "process 0 hears that, takes it for undone",
        "process 0 runs again",
        "session 0c inserts  and works",
        "process 0 hears that, sends COMMIT",
        "session 0c commits",
        "process 0 loses session 0c, asks",
        "session 0d finds token 0.1 fenced",
        "process 0 hears that, takes it for undone",
        "process 0 reports "not committed"",
        "=> told "not committed", and it is",
      ]
    `);
  });

  test('is wrong when it takes every duplicate for a commit: the row may be its own, of a question whose answer was lost', () => {
    expect(shortest('takes every duplicate for a commit')).toMatchInlineSnapshot(`
      [
        "process 0 begins",
        "session 0a inserts token 0.1 and works",
        "the server ends session 0a",
        "process 0 hears that, sends COMMIT",
        "process 0 loses session 0a, asks",
        "session 0b fences token 0.1",
        "process 0 loses session 0b, asks again",
        "session 0c finds token 0.1 fenced",
        "process 0 hears that, reports "committed"",
        "=> told "committed", and it is not",
      ]
    `);
  });

  test('is wrong when rows are pruned that are still asked about', () => {
    expect(shortest('prunes rows that are still asked about')).toMatchInlineSnapshot(`
      [
        "process 0 begins",
        "session 0a inserts token 0.1 and works",
        "process 0 hears that, sends COMMIT",
        "session 0a commits",
        "process 0 loses session 0a, asks",
        "the row of token 0.1 is pruned",
        "session 0b fences token 0.1",
        "process 0 hears that, takes it for undone",
        "process 0 reports "not committed"",
        "=> told "not committed", and it is",
      ]
    `);
  });

  test('is wrong when it fences the key instead of the attempt: nobody can use it any more', () => {
    expect(shortest('fences the key', true)).toMatchInlineSnapshot(`
      [
        "process 0 begins",
        "session 0a inserts key and token 0.1 and works",
        "the server ends session 0a",
        "process 0 hears that, sends COMMIT",
        "process 0 loses session 0a, asks",
        "session 0b fences key",
        "=> the key is of no use to anybody any more",
      ]
    `);
  });
});

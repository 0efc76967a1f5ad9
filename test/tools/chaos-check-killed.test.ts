import { describe, expect, test } from 'vitest';
import { check, type Offence } from '../campaigns/chaos/check.ts';
import type { Call, History, Note } from '../campaigns/chaos/history.ts';
import { accountCount, openingBalance, type Tables } from '../campaigns/chaos/tables.ts';

const untouched: Tables = {
  operations: [],
  accounts: Array.from({ length: accountCount }, (_, index) => ({ id: index + 1, balance: openingBalance })),
  astray: 0,
};

const slowRead = (fields: Partial<Call>): Call => ({
  ...{ type: 'call', client: 'a client', kind: 'slow-read', id: 1, startedAt: 1_000, endedAt: 3_000 },
  ...{ deadline: 10_000, limit: 20_000, answer: 'ok', ...fields },
});

/** What the operator did, a tenth of a second after the other. */
const notes = (...did: readonly Note['did'][]): readonly Note[] =>
  did.map((one, n) => ({ type: 'note', did: one, client: 'a client', id: 1, at: 1_100 + n * 100 }));

const metByAnother = (at: number): readonly Note[] => [
  ...notes('see', 'KILL', 'see', 'KILL'),
  { type: 'note', did: 'KILL', client: 'a client', id: 2, at },
];

const meanwhile = { faults: [{ type: 'fault', name: 'a fault', from: 1_000, to: 1_150 }] } as const;
const gaveUp = { answer: 'refused', error: 'RetriesExhaustedError' } as const;
const interrupted = { answer: 'refused', error: 'ER_QUERY_INTERRUPTED (interrupted)' } as const;
const killedTwice = ['see', 'KILL', 'see', 'KILL'] as const;

describe('the checker of chaos, of reads that an operator ends', () => {
  test.each<
    readonly [
      said: string,
      told: Partial<Call>,
      did: readonly Note['did'][],
      rest: Partial<History>,
      offences: readonly Offence[],
    ]
  >([
    ['killed twice, then answered', {}, [...killedTwice, 'see'], {}, []],
    ['killed three times, then given up', gaveUp, [...killedTwice, 'see', 'KILL'], {}, []],
    ['killed three times, and seen again', {}, [...killedTwice, 'see', 'KILL', 'see'], {}, ['sent again too often']],
    ['killed twice, then given up', gaveUp, [...killedTwice], {}, ['safe read failed']],
    ['killed twice and lost otherwise, then given up', gaveUp, [...killedTwice], meanwhile, []],
    ['killed twice and met by a KILL for another call, then given up', gaveUp, [], { notes: metByAnother(2_000) }, []],
    ['killed twice before another call was killed', gaveUp, [], { notes: metByAnother(3_500) }, ['safe read failed']],
    ['interrupted, and told so', interrupted, ['see', 'KILL QUERY'], {}, []],
    ['told of an interruption that nobody made', interrupted, ['see', 'KILL'], {}, ['safe read failed']],
    ['interrupted, and seen again', {}, ['see', 'KILL QUERY', 'see'], {}, ['interrupted, yet sent again']],
    ['interrupted in a fault, and seen again', {}, ['see', 'KILL QUERY', 'see'], meanwhile, []],
    ['interrupted when the answer was on its way', {}, ['see', 'KILL QUERY'], {}, []],
  ])('%s', (_said, told, did, rest, expected) => {
    const history: History = { calls: [slowRead(told)], faults: [], stalls: [], notes: notes(...did), ...rest };
    expect(check(history, untouched).violations.map(({ offence }) => offence)).toEqual(expected);
  });
});

import { describe, expect, it } from 'vitest';
import type { ErrorRow } from '../../../../src/codes/error-row.ts';
import { errorRows } from '../../../../src/codes/error-rows.ts';
import { createRowFinder } from '../../../../src/codes/row-finder.ts';
import type { ErrorFacts } from '../../../../src/error-facts.ts';

const claim = { proof: 'unknown', kind: 'connection-lost', invalidates: 'connection' } as const;
const row = (source: string, tells: Partial<ErrorRow>): ErrorRow => ({ ...claim, source, ...tells });
const facts = (known: Partial<ErrorFacts>): ErrorFacts => ({
  ...{ errno: undefined, code: undefined, sqlState: undefined, message: '', ownWords: false },
  ...{ connecting: false, alone: false, limited: false, fatal: false, several: false, unsendable: false },
  ...known,
});

describe('a row is found as if all rows were asked in turn', () => {
  const find = createRowFinder([
    row('a number while connecting', { errno: [1], when: 'connecting' }),
    row('a number with a text', { errno: [1, 2], text: /special/ }),
    row('a text', { text: /odd/ }),
    row('a number', { errno: [1, 3] }),
    row('a number of a statement on its own', { errno: [5], when: 'alone' }),
    row('the same number', { errno: [5] }),
    row('a code', { code: ['E1'] }),
    row('a number or a code', { errno: [4], code: ['E1', 'E2'] }),
    row('nothing', {}),
  ]);

  it.each<[Partial<ErrorFacts>, string | undefined]>([
    [{ errno: 1, connecting: true, message: 'special' }, 'a number while connecting'],
    [{ errno: 1, message: 'special, odd' }, 'a number with a text'],
    [{ errno: 1, message: 'odd' }, 'a number'],
    [{ errno: 5, alone: true }, 'a number of a statement on its own'],
    [{ errno: 5 }, 'the same number'],
    [{ errno: 1 }, 'a number'],
    [{ errno: 2 }, undefined],
    [{ errno: 99, message: 'odd', ownWords: true }, undefined],
    [{ code: 'E1', message: 'odd', ownWords: true }, 'a text'],
    [{ code: 'E1', message: 'odd' }, 'a code'],
    [{ message: 'odd', ownWords: true }, 'a text'],
    [{ message: 'odd' }, undefined],
    [{ code: 'E1' }, 'a code'],
    [{ code: 'E2' }, 'a number or a code'],
    [{ errno: 4, code: 'E1' }, 'a number or a code'],
    [{ errno: 3, code: 'E2' }, 'a number'],
    [{ errno: 99, code: 'E1' }, undefined],
    [{ code: 'E9', message: 'odd', ownWords: true }, 'a text'],
    [{}, undefined],
  ])('%j: %s', (known, source) => expect(find(facts(known))?.source).toBe(source));

  it('without a look at rows for other numbers and codes', () => {
    const untouchable = (tells: Partial<ErrorRow>): ErrorRow =>
      Object.defineProperty(row('another', tells), 'when', {
        get: () => expect.unreachable('this row is about something else'),
      });
    const quick = createRowFinder([
      untouchable({ errno: [1, 2], code: ['E1'] }),
      untouchable({ code: ['E2'] }),
      row('the one', { errno: [3], code: ['E3'] }),
    ]);
    expect(quick(facts({ errno: 3 }))?.source).toBe('the one');
    expect(quick(facts({ code: 'E3' }))?.source).toBe('the one');
    expect(quick(facts({ errno: 4, code: 'E1' }))).toBe(undefined);
  });
});

describe('where rows of several origins match, the one that proves more wins', () => {
  const find = createRowFinder(errorRows);
  const aborted = 'WSREP detected deadlock/conflict and aborted the transaction. Try restarting the transaction';

  it.each<[Partial<ErrorFacts>, Partial<ErrorRow>]>([
    [{ errno: 1213, message: aborted }, { kind: 'deadlock' }],
    [{ errno: 1180, message: aborted }, { proof: 'transaction-rolled-back' }],
    [{ errno: 1105, message: aborted }, { proof: 'transaction-rolled-back' }],
    [{ errno: 1105, message: 'no healthy tablet available' }, { proof: 'not-executed' }],
    [{ errno: 1105, message: 'unknown error' }, { proof: 'unknown' }],
    [{ errno: 1180, message: 'Got error 149 during COMMIT' }, { proof: 'transaction-rolled-back' }],
    [{ errno: 45028, message: 'Pool is closed' }, { kind: 'acquire-timeout' }],
    [{ code: 'PROTOCOL_CONNECTION_LOST', connecting: true }, { proof: 'not-executed' }],
    [{ code: 'PROTOCOL_CONNECTION_LOST', message: 'packets out of order' }, { kind: 'connection-lost' }],
  ])('%j', (known, claims) => expect(find(facts(known))).toMatchObject(claims));
});

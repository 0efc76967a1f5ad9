import { describe, expect, test } from 'vitest';
import { check, type Offence } from '../campaigns/chaos/check.ts';
import type { Call, FaultWindow, History } from '../campaigns/chaos/history.ts';
import { describeViolation } from '../campaigns/chaos/report.ts';
import { accountCount, type OperationRow, openingBalance, type Tables } from '../campaigns/chaos/tables.ts';

function call(fields: Partial<Call> = {}): Call {
  const usual = {
    client: 'a client',
    kind: 'insert',
    id: 1,
    startedAt: 1_000,
    endedAt: 1_010,
    deadline: 4_000,
    limit: 5_000,
  } as const;
  return { type: 'call', ...usual, answer: 'ok', ...fields };
}

const row = (opId: number, fields: Partial<OperationRow> = {}): OperationRow => {
  return { opId, from: null, to: null, amount: null, ...fields };
};

function tables(operations: readonly OperationRow[], balances: Readonly<Record<number, number>> = {}): Tables {
  const ids = Array.from({ length: accountCount }, (_, index) => index + 1);
  return { operations, accounts: ids.map((id) => ({ id, balance: balances[id] ?? openingBalance })), astray: 0 };
}

const history = (calls: readonly Call[], rest: Partial<History> = {}): History => {
  return { calls, faults: [], stalls: [], notes: [], ...rest };
};

const fault = (fields: Partial<FaultWindow> = {}): FaultWindow => {
  return { type: 'fault', name: 'a fault', from: 900, to: 2_000, ...fields };
};

const offences = (...given: Parameters<typeof check>): readonly Offence[] =>
  check(...given).violations.map(({ offence }) => offence);

describe('the checker', () => {
  test.each<readonly [said: string, call: Partial<Call>, rows: number, offences: readonly Offence[]]>([
    ['done, and there once', {}, 1, []],
    ['done, and there twice', {}, 2, ['applied twice']],
    ['done, and not there', {}, 0, ['acknowledged, then lost']],
    ['not done, and not there', { answer: 'refused' }, 0, []],
    ['not done, and there', { answer: 'refused' }, 1, ['refused, yet applied']],
    ['not done, and there twice', { answer: 'refused' }, 2, ['applied twice']],
    ['nobody can know, and there', { answer: 'unknown' }, 1, []],
    ['nobody can know, and not there', { answer: 'unknown' }, 0, []],
    ['nobody can know, and there twice', { answer: 'unknown' }, 2, ['applied twice']],
    ['a batch, and half of it', { kind: 'batch', answer: 'unknown' }, 1, ['applied in part']],
    ['a batch, and all of it', { kind: 'batch' }, 2, []],
    ['a batch, and all of it twice', { kind: 'batch' }, 4, ['applied twice']],
  ])('%s', (_said, fields, rows, expected) => {
    expect(offences(history([call(fields)]), tables(Array.from({ length: rows }, () => row(1))))).toEqual(expected);
  });

  test('a row that nobody asked for', () => {
    expect(offences(history([call()]), tables([row(1), row(2)]))).toEqual(['nobody asked for it']);
    expect(offences(history([call({ kind: 'locking-read' })]), tables([row(1)]))).toEqual(['nobody asked for it']);
  });

  test.each<readonly [said: string, call: Partial<Call>, amounts: readonly number[], offences: readonly Offence[]]>([
    ['company, and all of it', { kind: 'company', result: 3 }, [1, 2], []],
    ['company, and what ran behind its end', { kind: 'company', answer: 'refused' }, [2], ['applied in part']],
    ['both told, both there', { kind: 'forgotten', result: 3 }, [1, 2], []],
    ['the forgotten one refused, and not there', { kind: 'forgotten', result: 1 }, [1], []],
    ['the forgotten one refused, and there', { kind: 'forgotten', result: 1 }, [1, 2], ['refused, yet applied']],
    ['the forgotten one told, and not there', { kind: 'forgotten', result: 3 }, [1], ['acknowledged, then lost']],
    ['the forgotten one there alone', { kind: 'forgotten', answer: 'unknown' }, [2], ['applied in part']],
    ['a run too many', { kind: 'forgotten-rerun', answer: 'unknown' }, [1, 1, 2], ['applied twice']],
    ['nobody can know, and half of it is there', { kind: 'race', answer: 'unknown' }, [1], []],
    ['refused, and half of it is there', { kind: 'race', answer: 'refused' }, [1], ['refused, yet applied']],
    ['the loser of a race refused, and there', { kind: 'race', result: 1 }, [1, 2], ['refused, yet applied']],
    ['thrown, and nothing there', { kind: 'thrower', answer: 'refused' }, [], []],
    [
      'thrown, and what its branch sent is there',
      { kind: 'thrower', answer: 'refused' },
      [2],
      ['committed by another'],
    ],
    ['thrown and unknown, and there', { kind: 'thrower', answer: 'unknown' }, [1, 2], ['committed by another']],
    ['DDL, and all of it', { kind: 'ddl', result: 3 }, [1, 2], []],
    ['DDL done, and a part there', { kind: 'ddl', result: 3 }, [1], ['acknowledged, then lost']],
    ['DDL failed, and a part there', { kind: 'ddl', answer: 'refused', outcome: 'failed' }, [1], []],
    ['DDL unknown, and a part there', { kind: 'ddl', answer: 'unknown', outcome: 'unknown' }, [1], []],
    [
      'DDL called rolled back, and a part there',
      { kind: 'ddl', answer: 'refused', outcome: 'rolled-back' },
      [1],
      ['refused, yet applied'],
    ],
    [
      'DDL called not executed, and a part there',
      { kind: 'ddl', answer: 'refused', outcome: 'not-executed' },
      [1],
      ['refused, yet applied'],
    ],
    ['DDL run again', { kind: 'ddl-rerun', result: 3 }, [1, 1, 2], ['applied twice']],
    ['a procedure failed, and nothing there', { kind: 'procedure', answer: 'refused' }, [], []],
    ['a procedure failed, and there', { kind: 'procedure', answer: 'refused' }, [0], ['committed by another']],
    ['left without COMMIT, and not there', { kind: 'abandoner' }, [], []],
    ['left without COMMIT, and there', { kind: 'abandoner' }, [0], ['committed by another']],
  ])('%s', (_said, fields, amounts, expected) => {
    const rows = amounts.map((amount) => row(1, { amount }));
    expect(offences(history([call(fields)]), tables(rows))).toEqual(expected);
  });

  test('what is told in a transaction of parts may be lost with the old server', () => {
    const losesTail = { faults: [fault({ losesTail: true, from: 1_500, to: 5_000 })] };
    const lost = history([call({ kind: 'forgotten', result: 3 })], losesTail);
    expect(check(lost, tables([]))).toMatchObject({ violations: [], lostTail: 1 });
  });

  test('a row in another database, and what a session answers that was not set up', () => {
    expect(offences(history([]), { ...tables([]), astray: 1 })).toEqual(['nobody asked for it']);
    expect(offences(history([call({ kind: 'setting', answer: 'wrong' })]), tables([]))).toEqual(['wrong answer']);
    const readOnly = call({ answer: 'refused', error: 'P2010 (read only transaction)' });
    expect(offences(history([readOnly]), tables([]))).toEqual(['session of another']);
    const refused = call({ answer: 'refused', error: 'ER_OPTION_PREVENTS_STATEMENT' });
    expect(offences(history([refused]), tables([]))).toEqual([]);
  });

  test('one key, several calls: applied once, and all of them are told what is there', () => {
    const keyed = (fields: Partial<Call>) => call({ kind: 'keyed', ...fields });
    const there = tables([row(1, { amount: 7 })]);
    const twice = [keyed({ result: 7 }), keyed({ result: 7 })];
    expect(offences(history(twice), there)).toEqual([]);
    expect(offences(history([...twice, keyed({ answer: 'refused' })]), there)).toEqual([]);
    expect(offences(history([...twice, keyed({ result: 8 })]), there)).toEqual(['another result']);
    expect(offences(history([keyed({ answer: 'refused' }), keyed({ answer: 'refused' })]), there)).toEqual([
      'refused, yet applied',
    ]);
    expect(offences(history(twice), tables([]))).toEqual(['acknowledged, then lost']);
  });

  test('money that is not where the transfers that are there have put it', () => {
    const transfer = history([call({ kind: 'transfer' })]);
    const moved = [row(1, { from: 1, to: 2, amount: 5 })];
    const paid = { 1: openingBalance - 5, 2: openingBalance + 5 };
    expect(offences(transfer, tables(moved, paid))).toEqual([]);
    expect(offences(transfer, tables(moved, { ...paid, 2: openingBalance }))).toEqual(['money misplaced']);
    expect(offences(transfer, tables(moved))).toEqual(['money misplaced', 'money misplaced']);
  });

  test('a wrong answer, and none', () => {
    expect(offences(history([call({ kind: 'read', answer: 'wrong' })]), tables([]))).toEqual(['wrong answer']);
    expect(offences(history([call({ answer: 'hung', endedAt: 60_000 })]), tables([row(1)]))).toEqual(['hung']);
  });

  test('a safe read that fails before its time is over, unless it was interrupted on purpose', () => {
    const failed = { kind: 'read', answer: 'refused', error: 'ER_QUERY_INTERRUPTED (interrupted)' } as const;
    expect(offences(history([call(failed)]), tables([]))).toEqual(['safe read failed']);
    expect(offences(history([call({ ...failed, kind: 'locking-read' })]), tables([]))).toEqual([]);
    expect(offences(history([call({ ...failed, endedAt: 4_900 })]), tables([]))).toEqual(['safe read failed']);
    expect(offences(history([call({ ...failed, endedAt: 5_000 })]), tables([]))).toEqual([]);
    const interrupts = { faults: [fault({ interrupts: true })] };
    expect(offences(history([call(failed)], interrupts), tables([]))).toEqual([]);
    expect(offences(history([call(failed)], { faults: [fault()] }), tables([]))).toEqual(['safe read failed']);
    expect(offences(history([call({ ...failed, error: 'ECONNRESET' })], interrupts), tables([]))).toEqual([
      'safe read failed',
    ]);
  });

  test('a safe read that fails before its time is over, unless its connections were ended more often than it is sent again', () => {
    const lost = { kind: 'read', answer: 'refused', error: 'RetriesExhaustedError connection-lost' } as const;
    const cutAt = (...cuts: readonly number[]) =>
      offences(history([call(lost)], { faults: [fault({ cuts })] }), tables([]));
    expect(cutAt(1_001, 1_004, 1_012)).toEqual([]);
    expect(cutAt(1_001, 1_004)).toEqual(['safe read failed']);
    expect(cutAt(990, 1_001, 1_004)).toEqual(['safe read failed']);
    expect(cutAt(1_001, 1_004, 1_200)).toEqual(['safe read failed']);
  });

  test('a call that goes on after its deadline, but for the time in which the process stood still', () => {
    const late = call({ endedAt: 1_000 + 5_000 + 1_001 });
    expect(offences(history([late]), tables([row(1)]))).toEqual(['outlived its deadline']);
    expect(offences(history([{ ...late, endedAt: late.endedAt - 1 }]), tables([row(1)]))).toEqual([]);
    const stalls = [{ type: 'stall', from: 500, to: 1_001 }] as const;
    expect(offences(history([late], { stalls }), tables([row(1)]))).toEqual([]);
    expect(offences(history([late], { stalls: [{ type: 'stall', from: 500, to: 1_000 }] }), tables([row(1)]))).toEqual([
      'outlived its deadline',
    ]);
  });

  test('what a server acknowledged shortly before it was given up may be lost, and is counted', () => {
    const losesTail = { faults: [fault({ losesTail: true, from: 4_000, to: 5_000 })] };
    expect(check(history([call()], losesTail), tables([]))).toMatchObject({ violations: [], lostTail: 1 });
    const earlier = { faults: [fault({ losesTail: true, from: 7_000, to: 8_000 })] };
    expect(offences(history([call()], earlier), tables([]))).toEqual(['acknowledged, then lost']);
    const twice = tables([row(1), row(1)]);
    expect(offences(history([call()], losesTail), twice)).toEqual(['applied twice']);
  });

  test('what nobody can know is counted by what is there', () => {
    const unknown = (id: number) => call({ id, answer: 'unknown' });
    expect(check(history([unknown(1), unknown(2), unknown(3)]), tables([row(2)]))).toMatchObject({
      unknownAndApplied: 1,
      unknownAndNotApplied: 2,
    });
  });

  test('a violation is shown with its calls and with what happened meanwhile, and nothing else', () => {
    const faults = [fault({ name: 'before', from: 0, to: 999 }), fault({ name: 'meanwhile', from: 1_005, to: 9_000 })];
    const seen = history([call(), call({ id: 2 })], { faults });
    const [violation] = check(seen, tables([row(2)])).violations;
    if (violation === undefined) throw new Error('expected a violation');
    expect(describeViolation(violation, seen).split('\n')).toEqual([
      'what was acknowledged is there: acknowledged, then lost: it left 0 rows',
      '       1.000 to    1.010 s  insert 1: ok',
      '       1.005 to    9.000 s  meanwhile',
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import type { SessionStatus } from '../../../../../adapters/mysql2/driver/session-status.ts';
import { SessionState } from '../../../../../adapters/mysql2/pool/session-state.ts';

function status(changes: Partial<SessionStatus> = {}): SessionStatus {
  return {
    inTransaction: false,
    autocommit: true,
    readOnly: false,
    hasMoreResults: false,
    hasRows: false,
    schema: undefined,
    ...changes,
  };
}

const open = status({ inTransaction: true });
const use = { usesDatabase: true, accessMode: undefined };
const readOnly = { usesDatabase: false, accessMode: 'read-only' } as const;
const nextReadOnly = { usesDatabase: false, accessMode: 'next-read-only' } as const;

type Input = readonly [name: string, apply: (state: SessionState) => void];

const inputs: readonly Input[] = [
  ['none', (state) => state.answered(status())],
  ['open', (state) => state.answered(open)],
  ['none, no autocommit', (state) => state.answered(status({ autocommit: false }))],
  ['harmless error', (state) => state.failed(false)],
  ['error', (state) => state.failed(true)],
  ['USE', (state) => state.answered(status({ schema: 'other' }), use)],
  ['USE back', (state) => state.answered(status({ schema: 'pool' }), use)],
  ['SET read-only', (state) => state.answered(status(), readOnly)],
  ['change user', (state) => state.changedUser(status({ schema: 'pool' }))],
  ['reset', (state) => state.reset(status())],
  ['prepared', (state) => state.prepared()],
];

function stateAfter(...names: readonly string[]): SessionState {
  const state = new SessionState(true, 'pool');
  for (const name of names) inputs.find(([known]) => known === name)?.[1](state);
  return state;
}

describe('the state of a session', () => {
  it.each([
    { sent: [], transaction: 'none', isAsMade: true },
    { sent: ['open'], transaction: 'open', isAsMade: false },
    { sent: ['open', 'none'], transaction: 'none', isAsMade: true },
    { sent: ['harmless error'], transaction: 'none', isAsMade: true },
    { sent: ['open', 'harmless error'], transaction: 'open', isAsMade: false },
    { sent: ['error'], transaction: 'unsure', isAsMade: false },
    { sent: ['error', 'harmless error'], transaction: 'unsure', isAsMade: false },
    { sent: ['error', 'none'], transaction: 'none', isAsMade: true },
    { sent: ['none, no autocommit'], transaction: 'none', isAsMade: false },
    { sent: ['none, no autocommit', 'harmless error'], transaction: 'unsure', isAsMade: false },
    { sent: ['none, no autocommit', 'prepared'], transaction: 'none', isAsMade: true },
    { sent: ['none, no autocommit', 'prepared', 'none'], transaction: 'none', isAsMade: false },
    { sent: ['error', 'prepared'], transaction: 'none', isAsMade: true },
    { sent: ['open', 'error', 'prepared'], transaction: 'unsure', isAsMade: false },
    { sent: ['USE'], transaction: 'none', isAsMade: false },
    { sent: ['USE', 'none'], transaction: 'none', isAsMade: false },
    { sent: ['USE', 'USE back'], transaction: 'none', isAsMade: true },
    { sent: ['USE', 'prepared'], transaction: 'none', isAsMade: true },
    { sent: ['USE', 'prepared', 'USE back'], transaction: 'none', isAsMade: false },
    { sent: ['SET read-only', 'none'], transaction: 'none', isAsMade: false },
    { sent: ['SET read-only', 'reset'], transaction: 'none', isAsMade: true },
    { sent: ['change user', 'none'], transaction: 'none', isAsMade: false },
    { sent: ['change user', 'reset'], transaction: 'none', isAsMade: false },
    { sent: ['open', 'reset'], transaction: 'none', isAsMade: true },
  ])('after $sent: $transaction, as made $isAsMade', ({ sent, transaction, isAsMade }) => {
    const state = stateAfter(...sent);
    expect({ transaction: state.transaction, isAsMade: state.isAsMade }).toEqual({ transaction, isAsMade });
  });

  it('names the database that is not the one it was made with', () => {
    expect(stateAfter().database).toBeUndefined();
    expect(stateAfter('USE').database).toEqual({ name: 'other' });
    expect(stateAfter('USE', 'prepared').database).toBeUndefined();
  });

  it('does not know the database after USE on a server that does not tell which', () => {
    const state = new SessionState(true, 'pool');
    state.answered(status(), use);
    expect(state.database).toBe('unsure');
    state.answered(status());
    expect(state.isAsMade).toBe(false);
    state.answered(status({ schema: 'pool' }));
    expect(state.isAsMade).toBe(true);
  });

  it('is read-only for one transaction, or until that is set otherwise', () => {
    const state = new SessionState(true);
    state.answered(status(), nextReadOnly);
    expect([state.isReadOnly, state.isAsMade]).toEqual([true, false]);
    state.answered(status({ inTransaction: true, readOnly: true }));
    expect(state.isReadOnly).toBe(true);
    state.answered(status());
    expect([state.isReadOnly, state.isAsMade]).toEqual([false, true]);
    state.answered(status(), readOnly);
    state.answered(open);
    state.answered(status());
    expect([state.isReadOnly, state.isAsMade]).toEqual([true, false]);
    state.answered(status(), { usesDatabase: false, accessMode: 'read-write' });
    expect(state.isAsMade).toBe(true);
  });

  it('is as before behind one transaction of another mode', () => {
    const state = new SessionState(true);
    state.answered(status(), readOnly);
    for (const accessMode of ['next-read-only', 'next-read-write'] as const) {
      state.answered(status(), { usesDatabase: false, accessMode });
      state.answered(open);
      state.answered(status());
      expect([state.isReadOnly, state.isAsMade]).toEqual([true, false]);
    }
    state.answered(status(), { usesDatabase: false, accessMode: 'read-write' });
    state.answered(status(), { usesDatabase: false, accessMode: 'next-read-write' });
    expect([state.isReadOnly, state.isAsMade]).toEqual([false, true]);
  });

  it('is not as made where nobody knows whether it is read-only', () => {
    const state = new SessionState(true);
    state.answered(status(), { usesDatabase: false, accessMode: 'unsure' });
    state.answered(open);
    state.answered(status());
    expect([state.isReadOnly, state.isAsMade]).toEqual([true, false]);
    state.reset(status());
    expect([state.isReadOnly, state.isAsMade]).toEqual([false, true]);
  });
});

describe('whatever happens to a session', () => {
  /** What the last inputs allow to be said, told by the sequence alone. */
  function check(names: readonly string[], state: SessionState): void {
    const flags = names.findLastIndex((name) => name !== 'prepared' && !name.endsWith('error'));
    const last = names[flags] ?? 'none';
    const settled = last === 'open' ? flags : Math.max(flags, names.lastIndexOf('prepared'));
    const errors = names.slice(settled + 1).filter((name) => name !== 'prepared');
    const surprises = errors.includes('error') || (errors.length > 0 && last === 'none, no autocommit');
    const lastOf = (known: Readonly<Record<string, string>>, inNames: readonly string[], first: string) =>
      known[inNames.findLast((name) => name in known) ?? ''] ?? first;
    expect(state.transaction).toBe(surprises ? 'unsure' : last === 'open' ? 'open' : 'none');

    const baseline = names.slice(0, names.lastIndexOf('prepared') + 1);
    const databases = { USE: 'other', 'USE back': 'pool', 'change user': 'pool' };
    const isMoved = lastOf(databases, names, 'pool') !== lastOf(databases, baseline, 'pool');
    const [now, then] = [names, baseline].map((sent) => {
      const answers = sent.filter((name) => name !== 'prepared' && !name.endsWith('error'));
      return answers.at(-1) !== 'none, no autocommit';
    });
    const modes = { 'SET read-only': 'read-only', reset: 'read-write', 'change user': 'read-write' };
    const isOtherMode = lastOf(modes, names, 'read-write') !== lastOf(modes, baseline, 'read-write');
    const isOtherUser = names.slice(baseline.length).includes('change user');
    expect(state.isAsMade).toBe(
      state.transaction === 'none' && now === then && !isMoved && !isOtherMode && !isOtherUser,
    );
  }

  it('it is unsure from an error to the next flag, and as made only with what it was made with', () => {
    let sequences = 0;
    const visit = (names: readonly string[]): void => {
      sequences += 1;
      try {
        check(names, stateAfter(...names));
      } catch (error) {
        throw new Error(`after ${names.join(', ')}`, { cause: error });
      }
      if (names.length < 5) for (const [name] of inputs) visit([...names, name]);
    };
    visit([]);
    expect(sequences).toBe(1 + inputs.length * ((inputs.length ** 5 - 1) / (inputs.length - 1)));
  }, 60_000);
});

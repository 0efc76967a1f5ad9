import { describe, expect, it } from 'vitest';
import { askUntilSettled, type SettlementQuestions } from '../../../../../adapters/mysql2/ledger/ask-until-settled.ts';
import type { SettlementAnswer } from '../../../../../adapters/mysql2/ledger/decide-settlement.ts';
import { sendUntil } from '../../../../../adapters/mysql2/ledger/ledger-query.ts';
import type { StatementLimits } from '../../../../../adapters/mysql2/pool/lease.ts';
import { retryPolicy } from '../../../../../src/index.ts';

const lockWait: SettlementAnswer = { kind: 'lock-wait' };
const noAnswer: SettlementAnswer = { kind: 'failed', failure: { transient: true, outcome: 'unknown' } };

/** A clock that stands still but for what `pass` lets pass. */
function stoppedClock() {
  let time = 1_000_000;
  return {
    clock: { now: () => time, random: () => 0 },
    pass: (milliseconds: number) => {
      time += milliseconds;
    },
  };
}

/** Nothing is waited for between two questions, so that time passes only in their answers. */
const policy = (maxRetryTime: number) => retryPolicy({ maxRetryTime, minTimeout: 0, maxTimeout: 0 });

/** Asks a server of which every answer, and every end of a session, takes its time. */
async function ask(answers: readonly SettlementAnswer[], { takes, limit }: { takes: number; limit: number }) {
  const { clock, pass } = stoppedClock();
  const deadlines = new Set<number>();
  let asked = 0;
  let ended = 0;
  const questions: SettlementQuestions = {
    askOnce: async (deadline) => {
      deadlines.add(deadline);
      pass(takes);
      asked += 1;
      return answers[asked - 1] ?? (answers.at(-1) as SettlementAnswer);
    },
    endSession: async (deadline) => {
      deadlines.add(deadline);
      pass(takes);
      ended += 1;
    },
  };
  const outcome = await askUntilSettled(questions, policy(limit), clock);
  return { outcome, asked, ended, deadlines: [...deadlines] };
}

describe('a COMMIT in doubt', () => {
  it('is asked about again until the answer is certain', async () => {
    expect(await ask([noAnswer, noAnswer, { kind: 'inserted' }], { takes: 1, limit: 1_000 })).toMatchObject({
      outcome: 'rolled-back',
      asked: 3,
    });
  });

  it('is asked about for `maxRetryTime` from when the asking began, and every question has that one deadline', async () => {
    expect(await ask([noAnswer], { takes: 1_000, limit: 3_000 })).toEqual({
      outcome: 'unknown',
      asked: 3,
      ended: 0,
      deadlines: [1_003_000],
    });
  });

  it('is asked about once where there is no time: an answer that comes late is one all the same', async () => {
    expect(await ask([{ kind: 'duplicate', state: 'committed' }], { takes: 5_000, limit: 0 })).toMatchObject({
      outcome: 'committed',
      asked: 1,
    });
  });

  it('has its session ended before it is asked about again, in the same time', async () => {
    expect(await ask([lockWait], { takes: 1_000, limit: 4_000 })).toEqual({
      outcome: 'unknown',
      asked: 2,
      ended: 2,
      deadlines: [1_004_000],
    });
  });
});

describe('a statement of the ledger', () => {
  const { clock } = stoppedClock();

  it.each([
    ['its own limit, where that is sooner', 100, 1_000, 100],
    ['the deadline, where that is sooner', 5_000, 1_000, 1_000],
    ['the deadline, where it has no limit of its own', undefined, 1_000, 1_000],
    ['a moment, when the deadline has passed', 5_000, -1, 1],
    ['for ever, where nothing limits it', undefined, Number.POSITIVE_INFINITY, undefined],
  ])('is waited for until %s', async (_name, attemptTimeout, left, expected) => {
    const given: StatementLimits[] = [];
    const lease = {
      run: async (_method: unknown, _sql: unknown, _values: unknown, limits: StatementLimits) => {
        given.push(limits);
        return [[], []] as const;
      },
    };
    await sendUntil(lease, clock.now() + left, { attemptTimeout, signal: undefined }, clock)({ sql: 'DO 0' });
    expect(given).toEqual([{ attemptTimeout: expected, signal: undefined }]);
  });
});

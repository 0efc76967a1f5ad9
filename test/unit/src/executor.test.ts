import { describe, expect, it } from 'vitest';
import {
  attachEvidence,
  attachKill,
  type CallOptions,
  classify,
  Executor,
  isGoneAwayError,
  type KillLimits,
  type KillResult,
  type Operation,
  OutcomeUnknownError,
  type Progress,
  RetriesExhaustedError,
  type RetriesExhaustedEvent,
  type RetryEvent,
  retryPolicy,
} from '../../../src/internal.ts';

const write: Operation = { kind: 'statement', idempotent: false, isSafeRead: () => false, isHandedOver: () => false };
const read: Operation = { ...write, isSafeRead: () => true };

function lost(progress: Progress): Error {
  const error = Object.assign(new Error('made up'), { code: 'ECONNRESET' });
  attachEvidence(error, { progress, rollsBack: false, atomic: true, commits: false, abandoned: false });
  return error;
}

/** Runs with no delay unless asked for one; each outcome is a value to return or an error to throw. */
function scenario(
  outcomes: readonly unknown[],
  options: CallOptions & {
    budget?: false | { capacity: number; refillPerSecond: number; refundPerSuccess?: number };
  } = {},
) {
  const { budget, ...rest } = options;
  const policy = retryPolicy({ minTimeout: 0, maxTimeout: 0, budget: budget ?? false, ...rest });
  const executor = new Executor(policy, { now: () => performance.now(), random: () => 0.999 });
  const attempts: number[] = [];
  const run = (operation: Operation) =>
    executor.run(operation, policy, async ({ attempt }) => {
      attempts.push(attempt);
      const outcome = outcomes[Math.min(attempt, outcomes.length) - 1];
      if (outcome instanceof Error) throw outcome;
      return outcome;
    });
  return { run, attempts };
}

describe('Executor', () => {
  it('counts attempts from 1 and stops at the first that succeeds', async () => {
    const { run, attempts } = scenario([lost('not-written'), lost('not-written'), 'done']);
    await expect(run(write)).resolves.toBe('done');
    expect(attempts).toEqual([1, 2, 3]);
  });

  it('gives back an ordinary error as the same object, after one attempt', async () => {
    const error = Object.assign(new Error('duplicate'), { errno: 1062 });
    const { run, attempts } = scenario([error]);
    await expect(run(write)).rejects.toBe(error);
    expect(attempts).toEqual([1]);
  });

  it('takes what the operation recalls of an error, and classifies one of which it recalls nothing', async () => {
    const recalled = { ...classify(lost('not-written')), reason: 'recalled' };
    const errors = [lost('written'), lost('not-written')];
    const recallFailure = (error: unknown) => (error === errors[0] ? recalled : undefined);
    const seen: (string | undefined)[] = [];
    const { run } = scenario([...errors, 'done'], { onRetry: ({ failure }) => void seen.push(failure.reason) });
    await expect(run({ ...write, recallFailure })).resolves.toBe('done');
    expect(seen).toEqual(['recalled', expect.stringContaining('no byte of it was written')]);
  });

  it('tells of idempotent work that was given up what its first attempt may have done, and of a read its last failure', async () => {
    const outcomes = [lost('written'), lost('not-written')];
    const of = (operation: Operation) =>
      scenario(outcomes, { retries: 1 })
        .run(operation)
        .catch((caught: unknown) => classify(caught).outcome);
    expect(await of({ ...write, idempotent: true })).toBe('unknown');
    expect(await of(read)).toBe('not-executed');
  });

  it('sends a write once whose answer was lost', async () => {
    const error = lost('written');
    const { run, attempts } = scenario([error, 'done']);
    const thrown = await run(write).catch((caught: unknown) => caught);
    expect(thrown).toBeInstanceOf(OutcomeUnknownError);
    expect(thrown).toMatchObject({ code: 'ERR_GONE_AWAY_OUTCOME_UNKNOWN', attempts: 1, cause: error });
    expect(attempts).toEqual([1]);
  });

  it('stops as soon as a retry makes the outcome unknown', async () => {
    const { run, attempts } = scenario([lost('not-written'), lost('written'), 'done']);
    await expect(run(write)).rejects.toMatchObject({ code: 'ERR_GONE_AWAY_OUTCOME_UNKNOWN', attempts: 2 });
    expect(attempts).toEqual([1, 2]);
  });

  it('makes as many extra attempts as `retries` says and then shows every error', async () => {
    const errors = [lost('not-written'), lost('written'), lost('not-written')];
    const { run, attempts } = scenario(errors, { retries: 2 });
    const thrown = await run(read).catch((caught: unknown) => caught);
    expect(thrown).toBeInstanceOf(RetriesExhaustedError);
    expect(thrown).toMatchObject({ attempts: 3, errors, cause: errors[2] });
    expect(attempts).toEqual([1, 2, 3]);
  });

  it.each(['cut-short', 'prepared'] as const)(
    'sends a write three times that ends its connection when it is %s',
    async (progress) => {
      const { run, attempts } = scenario([lost('not-written'), lost(progress)]);
      await expect(run(write)).rejects.toMatchObject({ attempts: 4, failure: { outcome: 'not-executed' } });
      expect(attempts).toEqual([1, 2, 3, 4]);
    },
  );

  it('gives back the error itself when no retries were asked for', async () => {
    const error = lost('not-written');
    const { run } = scenario([error], { retries: 0 });
    await expect(run(write)).rejects.toBe(error);
  });

  it('retries a TypeError that came with proof, which p-retry alone would not', async () => {
    const error = Object.assign(new TypeError('made up'), { code: 'ECONNREFUSED', syscall: 'connect' });
    await expect(scenario([lost('not-written'), error, 'done']).run(write)).resolves.toBe('done');
  });

  it('passes through what an attempt threw that is no Error', async () => {
    const { run } = scenario([lost('not-written')]);
    const policy = retryPolicy({ minTimeout: 0, maxTimeout: 0 });
    const executor = new Executor(policy);
    await expect(
      executor.run(write, policy, async ({ attempt }) => {
        throw attempt === 1 ? lost('not-written') : 'a string';
      }),
    ).rejects.toBe('a string');
    await expect(run(write)).rejects.toBeInstanceOf(RetriesExhaustedError);
  });

  it('begins no attempt after `maxRetryTime`', async () => {
    const { run, attempts } = scenario([lost('not-written')], { minTimeout: 50, maxTimeout: 50, maxRetryTime: 10 });
    await expect(run(write)).rejects.toMatchObject({ code: 'ERR_GONE_AWAY_RETRIES_EXHAUSTED', attempts: 2 });
    expect(attempts).toEqual([1, 2]);
  });

  it('makes the first attempt after a lost connection at once, and pauses before the next', async () => {
    const delays: number[] = [];
    const onRetry = ({ delayMs }: RetryEvent) => delays.push(delayMs);
    const { run } = scenario([lost('not-written')], { minTimeout: 50, maxTimeout: 50, retries: 3, onRetry });
    await expect(run(write)).rejects.toThrow(/retries/);
    expect(delays[0]).toBe(0);
    expect(delays.slice(1).every((delay) => delay > 0)).toBe(true);
  });

  it('spends no more retries than the budget of the pool allows', async () => {
    const { run, attempts } = scenario([lost('not-written')], {
      retries: 100,
      budget: { capacity: 3, refillPerSecond: 0 },
    });
    await expect(run(write)).rejects.toThrow(/budget/);
    expect(attempts).toEqual([1, 2, 3, 4]);
  });

  describe('a server that refuses, or is away', () => {
    const states = [
      ['connecting fails', { code: 'ECONNREFUSED', syscall: 'connect' }],
      ['too many connections', { errno: 1040 }],
      ['offline_mode', { errno: 3032 }],
      ['read-only', { errno: 1836 }],
    ] as const;
    const meets = (facts: object): Error => Object.assign(new Error('made up'), facts);
    const budget = { capacity: 0, refillPerSecond: 0 };

    it.each(states)('is waited for, and that costs neither a retry nor a part of the budget: %s', async (_, facts) => {
      const { run, attempts } = scenario([meets(facts), meets(facts), meets(facts), 'done'], { retries: 1, budget });
      await expect(run(write)).resolves.toBe('done');
      expect(attempts).toHaveLength(4);
    });

    it.each(states)(
      'is waited for as long as `maxRetryTime`, with few attempts also without delays: %s',
      async (_, facts) => {
        const { run, attempts } = scenario([meets(facts)], { retries: 1, maxRetryTime: 300 });
        await expect(run(write)).rejects.toMatchObject({ message: expect.stringContaining('`maxRetryTime`') });
        expect(attempts.length).toBeGreaterThan(3);
        expect(attempts.length).toBeLessThan(35);
      },
    );

    it.each(states)(
      'is waited for neither with `retries: 0`, nor when anything may have been applied: %s',
      async (_, facts) => {
        const error = meets(facts);
        await expect(scenario([error, 'done'], { retries: 0 }).run(write)).rejects.toBe(error);
        await expect(scenario([lost('written'), error, 'done']).run(write)).rejects.toBeInstanceOf(OutcomeUnknownError);
      },
    );

    it('leaves the retries to what fails for another reason', async () => {
      const refused = meets({ errno: 1040 });
      const { run, attempts } = scenario(
        [refused, refused, lost('not-written'), refused, lost('not-written'), 'done'],
        {
          retries: 1,
        },
      );
      await expect(run(write)).rejects.toMatchObject({ message: expect.stringContaining('`retries`') });
      expect(attempts).toHaveLength(5);
    });
  });

  it('pays back for work that succeeded at last as for work that did at once', async () => {
    const { run } = scenario([lost('not-written'), 'done'], {
      budget: { capacity: 1, refillPerSecond: 0, refundPerSuccess: 1 },
    });
    await expect(run(write)).resolves.toBe('done');
    await expect(run(write)).resolves.toBe('done');
  });

  it('ends a pause at once when the signal aborts, with its reason', async () => {
    const controller = new AbortController();
    const reason = { not: 'an Error' };
    const { run } = scenario([lost('not-written')], {
      minTimeout: 60_000,
      maxTimeout: 60_000,
      maxRetryTime: 600_000,
      signal: controller.signal,
      onRetry: () => queueMicrotask(() => controller.abort(reason)),
    });
    await expect(run(write)).rejects.toBe(reason);
  });

  it('begins nothing when the signal has aborted before', async () => {
    const { run, attempts } = scenario(['done'], { signal: AbortSignal.abort('too late') });
    await expect(run(write)).rejects.toBe('too late');
    expect(attempts).toEqual([]);
  });

  it('never turns finished work into an error when the signal aborts meanwhile', async () => {
    for (const first of [[], [lost('not-written')]]) {
      const controller = new AbortController();
      const policy = retryPolicy({ minTimeout: 0, maxTimeout: 0, signal: controller.signal });
      const outcomes: unknown[] = [...first, 'done'];
      const result = new Executor(policy).run(write, policy, async ({ attempt }) => {
        const outcome = outcomes[attempt - 1];
        if (outcome instanceof Error) throw outcome;
        controller.abort();
        return outcome;
      });
      await expect(result).resolves.toBe('done');
    }
  });

  it('tells about every retry and about giving up', async () => {
    const retries: RetryEvent[] = [];
    const gaveUp: RetriesExhaustedEvent[] = [];
    const { run } = scenario([lost('not-written')], {
      retries: 2,
      onRetry: (event) => retries.push(event),
      onRetriesExhausted: (event) => gaveUp.push(event),
    });
    await run(write).catch(() => {});
    expect(retries.map(({ attempt, retriesLeft }) => [attempt, retriesLeft])).toEqual([
      [1, 1],
      [2, 0],
    ]);
    expect(gaveUp).toMatchObject([{ attempts: 3, reason: 'retries', failure: { outcome: 'not-executed' } }]);
  });

  it('does not fail work because a hook throws, and does not hide it either', async () => {
    const warned = new Promise<unknown>((resolve) => process.once('warning', resolve));
    const { run } = scenario([lost('not-written'), 'done'], {
      onRetry: () => {
        throw new Error('a bug in a hook');
      },
    });
    await expect(run(write)).resolves.toBe('done');
    await expect(warned).resolves.toMatchObject({
      message: 'A hook of the policy failed: a bug in a hook',
      code: 'GONE_AWAY_HOOK',
    });
  });
});

describe('the errors of this package', () => {
  it('are told apart by class and code, and are not enumerable in name', async () => {
    const thrown = await scenario([lost('written')])
      .run(write)
      .catch((caught: unknown) => caught);
    expect(isGoneAwayError(thrown)).toBe(true);
    expect(thrown).not.toBeInstanceOf(RetriesExhaustedError);
    expect(Object.keys(thrown as object)).not.toContain('name');
    expect(String(thrown)).toMatch(/^OutcomeUnknownError: Nobody can know whether the statement was applied/);
  });

  describe('before it sends again what may still run', () => {
    const idempotent: Operation = { ...write, idempotent: true };
    /** A statement whose connection was lost, or that this side stopped waiting for. */
    const fenced = (result: KillResult, abandoned = false): { error: Error; asked: KillLimits[] } => {
      const error = Object.assign(new Error('made up'), { code: 'ECONNRESET' });
      attachEvidence(error, { progress: 'written', rollsBack: false, atomic: true, commits: false, abandoned });
      const asked: KillLimits[] = [];
      attachKill(error, async (limits) => {
        asked.push(limits);
        return result;
      });
      return { error, asked };
    };

    it.each([
      { work: 'idempotent', result: 'gone', abandoned: true, sends: 2 },
      { work: 'idempotent', result: 'not-ours', abandoned: true, sends: 1 },
      { work: 'idempotent', result: 'unreachable', abandoned: true, sends: 1 },
      { work: 'idempotent', result: 'gone', abandoned: false, sends: 2 },
      { work: 'idempotent', result: 'not-ours', abandoned: false, sends: 2 },
      { work: 'idempotent', result: 'unreachable', abandoned: false, sends: 1 },
      { work: 'read', result: 'unreachable', abandoned: true, sends: 2 },
      { work: 'read', result: 'unreachable', abandoned: false, sends: 2 },
    ] as const)('has its thread stopped: $work, $result, abandoned $abandoned: $sends', async (row) => {
      const { error, asked } = fenced(row.result, row.abandoned);
      const { run, attempts } = scenario([error, 'done']);
      const answer = await run(row.work === 'read' ? read : idempotent).catch((caught: unknown) => caught);
      expect(attempts).toHaveLength(row.sends);
      if (row.sends === 2) expect(answer).toBe('done');
      else expect(answer).toMatchObject({ code: 'ERR_GONE_AWAY_OUTCOME_UNKNOWN', failure: { stillRunning: true } });
      expect(asked).toMatchObject([{ insists: row.work === 'idempotent' }]);
    });

    it('says of a write that is not sent again whether it still runs', async () => {
      const { error, asked } = fenced('gone', true);
      const { run, attempts } = scenario([new Error('wrapped', { cause: error })]);
      await expect(run(write)).rejects.toMatchObject({ failure: { stillRunning: false } });
      expect([attempts, asked.length]).toEqual([[1], 1]);
    });

    it.each([
      ['read', read],
      ['write', write],
      ['idempotent', idempotent],
    ])(
      'asks nothing for one that a limit of the caller has ended, and does not send it again: %s',
      async (_work, sent) => {
        const { asked } = fenced('gone', true);
        const error = Object.assign(new Error('made up'), { code: 'PROTOCOL_SEQUENCE_TIMEOUT' });
        attachEvidence(error, {
          progress: 'written',
          rollsBack: false,
          atomic: true,
          commits: false,
          abandoned: false,
        });
        expect(classify(error)).toMatchObject({ outcome: 'unknown', stillRunning: true });
        const { run, attempts } = scenario([error, 'done']);
        await expect(run(sent)).rejects.toBe(error);
        expect([attempts, asked]).toEqual([[1], []]);
      },
    );

    it('asks nothing for a lost write that is not sent again', async () => {
      const { error, asked } = fenced('gone');
      await expect(scenario([error]).run(write)).rejects.toBeInstanceOf(OutcomeUnknownError);
      expect(asked).toEqual([]);
    });

    it('asks nothing where the policy says so', async () => {
      const { error, asked } = fenced('gone', true);
      const { run } = scenario([error, 'done'], { killLostSessions: false });
      await expect(run(idempotent)).rejects.toMatchObject({ failure: { stillRunning: true } });
      expect(asked).toEqual([]);
    });
  });
});

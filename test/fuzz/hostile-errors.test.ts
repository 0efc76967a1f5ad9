import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { inspect } from 'node:util';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { toPrismaError } from '../../adapters/prisma/errors/to-prisma-error.ts';
import { unwrapError } from '../../adapters/prisma/extension/verdict.ts';
import {
  attachEvidence,
  type CallOptions,
  callPolicy,
  classify,
  type Evidence,
  Executor,
  GoneAwayError,
  isGoneAwayError,
  killOf,
  type Operation,
  OutcomeUnknownError,
  RetriesExhaustedError,
  retryPolicy,
} from '../../src/internal.ts';
import { fuzzRun } from '../support/fuzz/fuzz-run.ts';
import { agreeable, chainOf, revoked, thorny, thrown, withGetters } from '../support/fuzz/hostile/errors.ts';

const quick = retryPolicy({ retries: 2, minTimeout: 0, maxTimeout: 0, budget: false });
const write: Operation = { kind: 'statement', idempotent: false, isSafeRead: () => false, isHandedOver: () => false };
const transient: Evidence = {
  progress: 'not-written',
  rollsBack: false,
  atomic: true,
  commits: false,
  abandoned: false,
};
const lost = () => Object.assign(new Error('lost'), { code: 'ECONNRESET' });

/** Runs work that fails with this the first time; what it ended with, and how often it ran. */
async function run(error: unknown, options: CallOptions = {}, operation: Operation = write) {
  let runs = 0;
  const work = async () => {
    runs += 1;
    if (runs === 1) throw error;
    return 'done';
  };
  const policy = callPolicy(quick, options);
  try {
    return { runs: () => runs, result: await new Executor(policy).run(operation, policy, work) };
  } catch (caught) {
    return { runs: () => runs, caught };
  }
}

describe('whatever is thrown', () => {
  it('is classified, by a failure that says nothing of it but a code', () => {
    fc.assert(
      fc.property(thrown, (make) => {
        const error = make();
        const failure = classify(error);
        expect(['not-executed', 'rolled-back', 'failed', 'unknown']).toContain(failure.outcome);
        expect(failure.code ?? '').toMatch(/^[\w.-]{0,64}$/);
        expect(() => killOf(error)).not.toThrow();
        expect(isGoneAwayError(error)).toBe(false);
        expect(error instanceof GoneAwayError).toBe(false);
        expect(error instanceof OutcomeUnknownError).toBe(false);
      }),
      fuzzRun(2_000),
    );
  });

  it('comes to the caller as it is, or as an error of ours that has it for its cause; and a write is done again only if it was not executed', async () => {
    await fc.assert(
      fc.asyncProperty(thrown, async (make) => {
        const error = make();
        const { outcome, transient: mayPass } = classify(error);
        const ended = await run(error);
        const safe = mayPass && (outcome === 'not-executed' || outcome === 'rolled-back');
        expect(ended.runs()).toBe(safe ? 2 : 1);
        if (safe) expect(ended.result).toBe('done');
        else if (outcome === 'unknown') expect((ended.caught as Error).cause).toBe(error);
        else expect(Object.is(ended.caught, error)).toBe(true);
      }),
      fuzzRun(500),
    );
  });

  it('passes through what stands between Prisma and the pool', () => {
    fc.assert(
      fc.property(thrown, (make) => {
        const error = make();
        const seen = toPrismaError(error);
        expect(classify(seen).outcome).toBe(classify(error).outcome);
        expect(Object.is(unwrapError(error, undefined), error)).toBe(true);
      }),
      fuzzRun(1_000),
    );
  });

  it('takes a bounded time, however long the chain of its causes', () => {
    const long = chainOf(100_000, lost());
    expect(classify(long).outcome).toBe('failed');
    expect(classify(chainOf(5, lost())).outcome).toBe('unknown');
    const evidence = chainOf(100_000, undefined);
    attachEvidence(evidence, transient);
    expect(classify(evidence).outcome).toBe('not-executed');
  });

  it.each([
    ['a proxy that throws', thorny],
    ['a revoked proxy', revoked],
    ['a proxy that agrees with everything', agreeable],
    ['an error with getters that throw', () => withGetters(['cause', 'code', 'message', 'stack'])],
  ])('has its evidence believed: %s', async (_name, make) => {
    const error = make();
    attachEvidence(error, { ...transient, progress: 'written' });
    expect(classify(error).outcome).not.toBe('not-executed');
    expect((await run(error)).runs()).toBe(1);
  });

  it('is not taken for an error of this package for having its brand alone', () => {
    const forged = { [Symbol.for('gone-away.error')]: true, code: 'ERR_GONE_AWAY_OUTCOME_UNKNOWN' };
    expect(isGoneAwayError(forged)).toBe(false);
    expect(classify(forged).outcome).toBe('failed');
    const real = new OutcomeUnknownError('made up', { failure: classify(lost()), attempts: 1, elapsedMs: 0 });
    expect(isGoneAwayError(real)).toBe(true);
  });

  it('has a code in messages and events only if it looks like one', () => {
    const secret = "it's a secret";
    expect(classify(Object.assign(lost(), { code: secret, fatal: true })).code).toBeUndefined();
  });
});

describe('hooks', () => {
  /** Not printed: there are hundreds. */
  const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  afterEach(() => warnings.mockClear());
  afterAll(() => warnings.mockRestore());
  const warned = (text: string) =>
    vi.waitFor(() => expect(warnings.mock.calls.filter(([message]) => String(message).includes(text))).not.toEqual([]));

  it('that throw whatever there is to throw change nothing, and are warned of', async () => {
    await fc.assert(
      fc.asyncProperty(thrown, async (make) => {
        const hook = () => {
          throw make();
        };
        const first = Object.assign(lost(), { fatal: true });
        attachEvidence(first, transient);
        const ended = await run(first, { onRetry: hook, onRetriesExhausted: hook });
        expect(ended).toMatchObject({ result: 'done' });
      }),
      fuzzRun(200),
    );
    await warned('A hook of the policy failed');
  });

  it('of another realm, and asynchronous ones, are no unhandled rejections', async () => {
    const foreign = runInNewContext("() => Promise.reject(new Error('rejected in another realm'))");
    for (const onRetry of [
      foreign,
      async () => Promise.reject(new Error('rejected here')),
      async () => Promise.reject(thorny()),
    ]) {
      const first = lost();
      attachEvidence(first, transient);
      expect(await run(first, { onRetry })).toMatchObject({ result: 'done' });
    }
    for (const text of ['rejected in another realm', 'rejected here', 'cannot be shown']) await warned(text);
  });

  it('do not send a query that a hook has only made', async () => {
    const sent = vi.fn();
    // As the queries of Drizzle and Prisma: whoever calls `then` sends them.
    // biome-ignore lint/suspicious/noThenProperty: that is what they are
    const query = { then: sent };
    const first = lost();
    attachEvidence(first, transient);
    await run(first, { onRetry: () => query as never });
    expect(sent).not.toHaveBeenCalled();
  });

  it('shouldRetry that throws is a veto: the caller gets the first error, and nothing is done again', async () => {
    await fc.assert(
      fc.asyncProperty(thrown, async (make) => {
        const first = lost();
        attachEvidence(first, transient);
        const shouldRetry = () => {
          throw make();
        };
        const ended = await run(first, { shouldRetry });
        expect(ended.caught).toBe(first);
        expect(ended.runs()).toBe(1);
      }),
      fuzzRun(200),
    );
    const first = lost();
    attachEvidence(first, transient);
    const rejecting = (async () => Promise.reject(new Error('late'))) as never;
    expect(await run(first, { shouldRetry: rejecting })).toMatchObject({ result: 'done' });
    await warned('late');
  });
});

it('a subscriber of a channel that throws does not touch the work, and is an uncaught exception, as with every channel of Node.js', async () => {
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  const uncaught = once(process, 'uncaughtException');
  const subscriber = () => {
    throw new Error('of the subscriber');
  };
  subscribe('gone-away:retry', subscriber);
  try {
    const first = lost();
    attachEvidence(first, transient);
    expect(await run(first)).toMatchObject({ result: 'done' });
    expect((await uncaught)[0]).toMatchObject({ message: 'of the subscriber' });
  } finally {
    unsubscribe('gone-away:retry', subscriber);
    for (const one of listeners) process.on('uncaughtException', one);
  }
  expect(channel('gone-away:retry').hasSubscribers).toBe(false);
});

it('errors of this package show nothing of their causes to who only prints them', () => {
  const cause = Object.assign(new Error('near SECRET'), {
    sql: "INSERT INTO t VALUES ('SECRET')",
    parameters: ['SECRET'],
  });
  const failure = classify(lost());
  const details = { failure, attempts: 1, elapsedMs: 1, cause };
  const exhausted = new RetriesExhaustedError('Gave up', { ...details, errors: [cause] });
  for (const error of [new OutcomeUnknownError('Nobody can know', details), exhausted]) {
    expect(error.cause).toBe(cause);
    for (const customInspect of [true, false]) {
      expect(inspect(error, { depth: 9, customInspect })).not.toContain('SECRET');
    }
    expect(JSON.stringify(error) + String(error) + error.stack).not.toContain('SECRET');
    expect(JSON.stringify({ ...error })).not.toContain('SECRET');
  }
  expect(exhausted.errors).toEqual([cause]);
});

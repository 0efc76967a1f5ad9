import { describe, expect, test, vi } from 'vitest';
import {
  AcquireTimeoutError,
  AttemptTimeoutError,
  type CallOptions,
  classify,
  OutcomeUnknownError,
  type TransactionDefaults,
} from '../../../src/index.ts';
import type { Stage } from '../../support/stage.ts';
import type { Binding, BindingStatements, CreateBinding } from '../binding.ts';
import { failureOf, later } from '../outcome.ts';

/** What the caller's limits do to a transaction: they end it, they never make it ambiguous when it is not. */
export function describeTransactionLimits(create: CreateBinding, stage: Stage): void {
  const open = (): Binding => stage.closing(create({ connection: stage.proxied(), connectionLimit: 1 }));
  const run = <T>(
    binding: Binding,
    options: CallOptions,
    callback: (tx: BindingStatements) => Promise<T>,
  ): Promise<T> => binding.with(options).transaction(callback);
  const reason = new Error('the user went away');

  test.each([
    ['that nobody knows', { rety: 'rerun' }, /Unknown option `rety` of a transaction; expected one of: .*rerun/],
    ['of calls', { retries: 0 }, /`retries` of a transaction: it is for calls, as in \$resilience\(\{ retries \}\)/],
    ['of calls, a limit', { attemptTimeout: 5 }, /`attemptTimeout` of a transaction: it is for calls/],
  ])('an option %s is refused, before anything is sent', async (_what, options, message) => {
    const binding = open();
    const callback = vi.fn();
    const error = await failureOf(binding.transaction(callback, options as TransactionDefaults));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(message);
    expect(callback).not.toHaveBeenCalled();
    expect(stage.proxy.bytesC2s).toBe(0);
  });

  describe('a limit of the caller, in a transaction', () => {
    test('ends it with the reason of the signal, applied not at all, when it aborts with a statement in flight', async () => {
      const binding = open();
      const unlock = await stage.lockRows();
      const controller = new AbortController();
      const callback = vi.fn((tx: BindingStatements) => tx.insert(1));
      const failure = failureOf(run(binding, { signal: controller.signal }, callback));
      await stage.inFlightBehindRow();
      controller.abort(reason);
      expect(await failure).toBe(reason);
      expect(callback).toHaveBeenCalledOnce();
      await unlock();
      expect(await binding.read()).toEqual([]);
    });

    test('ends it with the reason of the signal, applied not at all, when it aborts between two statements', async () => {
      const binding = open();
      const controller = new AbortController();
      const failure = failureOf(
        run(binding, { signal: controller.signal }, async (tx) => {
          await tx.insert(1);
          controller.abort(reason);
          await tx.insert(2);
        }),
      );
      expect(await failure).toBe(reason);
      expect(await binding.read()).toEqual([]);
    });

    test('ends it with the reason of the signal, applied not at all, when it aborts before COMMIT is sent', async () => {
      const binding = open();
      const controller = new AbortController();
      const failure = failureOf(
        run(binding, { signal: controller.signal }, async (tx) => {
          await tx.insert(1);
          controller.abort(reason);
        }),
      );
      expect(await failure).toBe(reason);
      expect(await binding.read()).toEqual([]);
    });

    test('makes it unknown when it aborts with COMMIT in flight', async () => {
      const binding = open();
      const controller = new AbortController();
      stage.proxy.onClientData((chunk) => {
        if (!chunk.toString('latin1').toLowerCase().includes('commit')) return 'forward';
        setImmediate(() => controller.abort(reason));
        return 'swallow';
      });
      const error = await failureOf(run(binding, { signal: controller.signal }, (tx) => tx.insert(1)));
      expect(error).toBeInstanceOf(OutcomeUnknownError);
      expect(error).toMatchObject({ failure: { kind: 'aborted' } });
      expect(await stage.rows()).toEqual([]);
    });

    test('does not touch it when it aborts after the end', async () => {
      const binding = open();
      const controller = new AbortController();
      expect(await run(binding, { signal: controller.signal }, (tx) => tx.read())).toEqual([]);
      controller.abort(reason);
      expect(await binding.read()).toEqual([]);
      expect(stage.proxy.connections()).toBe(1);
    });

    test('undoes it when a statement has no answer within `attemptTimeout`', async () => {
      const binding = open();
      const unlock = await stage.lockRows();
      const callback = vi.fn((tx: BindingStatements) => tx.insert(1));
      const error = await failureOf(run(binding, { attemptTimeout: 200 }, callback));
      expect(classify(error)).toMatchObject({ kind: 'attempt-timeout', outcome: 'rolled-back' });
      expect([error, error.cause].some((link) => link instanceof AttemptTimeoutError)).toBe(true);
      expect(callback).toHaveBeenCalledOnce();
      await unlock();
      expect(await binding.read()).toEqual([]);
    });

    test('makes it unknown when COMMIT has no answer within `attemptTimeout`', async () => {
      const binding = open();
      let committing: number | undefined;
      stage.proxy.onClientData((chunk, { id }) => {
        if (chunk.toString('latin1').toLowerCase().includes('commit')) committing = id;
        return 'forward';
      });
      stage.proxy.onServerData((_, { id }) => (id === committing ? 'swallow' : 'forward'));
      const error = await failureOf(run(binding, { attemptTimeout: 300 }, (tx) => tx.insert(1)));
      expect(error).toBeInstanceOf(OutcomeUnknownError);
      expect(error).toMatchObject({ failure: { kind: 'attempt-timeout' } });
      expect(await stage.rows()).toEqual([1]);
    });

    test('ends the wait for its connection after `acquireTimeout`, and its callback does not run', async () => {
      const binding = open();
      const unlock = await stage.lock();
      const blocker = later(binding.read());
      await stage.inFlight(1);
      const callback = vi.fn((tx: BindingStatements) => tx.insert(1));
      expect(await failureOf(run(binding, { acquireTimeout: 100 }, callback))).toBeInstanceOf(AcquireTimeoutError);
      expect(callback).not.toHaveBeenCalled();
      await unlock();
      expect(await blocker).toEqual([]);
    });
  });
}

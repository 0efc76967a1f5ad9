import { describe, expect, test, vi } from 'vitest';
import type { CallOptions, ResilienceOptions, RetriesExhaustedEvent } from '../../../src/index.ts';
import { AcquireTimeoutError, OutcomeUnknownError, RetriesExhaustedError } from '../../../src/index.ts';
import { patient, type Stage } from '../../support/stage.ts';
import type { CreateBinding } from '../binding.ts';
import { failureOf, later, messagesOf, warm } from '../outcome.ts';

/** What the user says: policies, and the end. */
export function describeLifecycle(create: CreateBinding, stage: Stage): void {
  describe('the end of the pool', () => {
    test('ends the wait for a connection at once', async () => {
      const binding = stage.closing(create({ connection: stage.direct(), connectionLimit: 1 }));
      const unlock = await stage.lock();
      const blocker = later(binding.read());
      await stage.inFlight(1);
      const failures = Array.from({ length: 3 }, () => failureOf(binding.read()));
      const end = later(binding.end());
      for (const error of await Promise.all(failures)) expect(messagesOf(error)).toContain('Pool is closed.');
      await unlock();
      await Promise.allSettled([blocker, end]);
    });

    test('ends the wait for a server that is down at once', async () => {
      const binding = create({ connection: stage.direct() });
      await stage.server.stop();
      const failures = Promise.all(Array.from({ length: 20 }, () => failureOf(binding.read())));
      // Of mysql2's own end() nothing is expected: it fails with what the attempt to connect that it interrupts fails with.
      later(binding.end());
      for (const error of await failures) expect(messagesOf(error)).toContain('Pool is closed.');
    });

    test('leaves nothing behind on the server', async () => {
      const binding = create({ connection: stage.direct() });
      await warm(binding, 5);
      await binding.end();
      await expect.poll(() => stage.server.threads(), patient).toEqual([]);
      expect(messagesOf(await failureOf(binding.read()))).toContain('Pool is closed.');
    });
  });

  describe('a policy', () => {
    test.each([
      [{ retries: -1 }, /retries/],
      [{ retries: 1.5 }, /retries/],
      [{ maxTimeout: 1, minTimeout: 2 }, /maxTimeout/],
      [{ factor: 0.5 }, /factor/],
      [{ acquireTimeout: 0 }, /acquireTimeout/],
      [{ attemptTimeout: Number.NaN }, /attemptTimeout/],
      [{ maxRetryTime: 2 ** 31 }, /maxRetryTime/],
      [{ budget: { capacity: -1 } }, /budget.capacity/],
      [{ liveness: { idleTimeout: 0 } }, /liveness.idleTimeout/],
      [{ retires: 3 }, /retires/],
      [{ onRetry: 'log' }, /onRetry/],
    ])('that is wrong is refused before anything is sent: %o', (policy, message) => {
      expect(() => create({ connection: stage.proxied(), policy: policy as ResilienceOptions })).toThrow(
        expect.objectContaining({ name: 'TypeError', message: expect.stringMatching(message) }),
      );
      expect(stage.proxy.bytesC2s + stage.proxy.connections()).toBe(0);
    });

    test.each([[{ liveness: {} }], [{ budget: false }], [{ onEvict: () => {} }], [{ signal: 'abort' }]])(
      'is refused for single calls where it belongs to the pool, or is wrong: %o',
      (options) => {
        const binding = stage.closing(create({ connection: stage.proxied() }));
        expect(() => binding.with(options as CallOptions)).toThrow(TypeError);
        expect(stage.proxy.connections()).toBe(0);
      },
    );

    test('of single calls holds for those calls only', async () => {
      const binding = stage.closing(create({ connection: stage.direct(), connectionLimit: 1 }));
      const unlock = await stage.lock();
      const blocker = later(binding.read());
      await stage.inFlight(1);
      const patientRead = later(binding.read());
      const hurried = binding.with({ acquireTimeout: 50 });
      // What may commit by itself was not sent either.
      for (const call of [() => hurried.read(), () => hurried.send('CALL nowhere()')]) {
        expect(await failureOf(call())).toBeInstanceOf(AcquireTimeoutError);
      }
      await unlock();
      expect(await Promise.all([blocker, patientRead])).toEqual([[], []]);
    });

    test('without retries gives the caller the first error as it is', async () => {
      const binding = stage.closing(create({ connection: stage.proxied(), policy: { retries: 0 } }));
      await binding.read();
      const unlock = await stage.lock();
      const failure = failureOf(binding.read());
      await stage.inFlight(1);
      stage.proxy.resetAll();
      const error = await failure;
      await unlock();
      expect(error).not.toBeInstanceOf(RetriesExhaustedError);
      expect(messagesOf(error).join()).toContain('ECONNRESET');
    });

    test('with a veto of the user ends retrying, and cannot make an unsafe retry happen', async () => {
      const vetoed: string[] = [];
      const shouldRetry = ({ kind }: { kind: string }) => {
        vetoed.push(kind);
        return kind !== 'connection-lost';
      };
      const binding = stage.closing(create({ connection: stage.proxied() }));
      await binding.insert(1);
      await binding.read();
      const unlock = await stage.lock();
      const read = failureOf(binding.with({ shouldRetry }).read());
      const write = failureOf(binding.with({ shouldRetry: () => true }).insert(2));
      await stage.inFlight(2);
      stage.proxy.resetAll();
      expect(messagesOf(await read).join()).toContain('ECONNRESET');
      expect(await write).toBeInstanceOf(OutcomeUnknownError);
      expect(vetoed).toEqual(['connection-lost']);
      await unlock();
    });

    test('stops all retrying of a pool when the budget is spent', async () => {
      const gaveUp: RetriesExhaustedEvent[] = [];
      const budget = { capacity: 3, refillPerSecond: 0, refundPerSuccess: 0 };
      const binding = stage.closing(
        create({
          connection: stage.proxied(),
          policy: {
            budget,
            lossRetries: 10,
            minTimeout: 0,
            maxTimeout: 0,
            onRetriesExhausted: (event) => gaveUp.push(event),
          },
        }),
      );
      stage.proxy.onClientData((chunk) => {
        if (!chunk.includes('stage_rows')) return 'forward';
        stage.proxy.resetAll();
        return 'swallow';
      });
      const errors = [await failureOf(binding.read()), await failureOf(binding.read())];
      for (const error of errors) expect(error).toBeInstanceOf(RetriesExhaustedError);
      expect(errors).toMatchObject([{ attempts: 4 }, { attempts: 1 }]);
      expect(gaveUp).toMatchObject([{ reason: 'budget' }, { reason: 'budget' }]);
    });

    test('whose hook throws fails no work, and says so as a warning of the process', async () => {
      const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
      stage.after(async () => warn.mockRestore());
      const thrown = new Error('a hook of the user is broken');
      const binding = stage.closing(
        create({
          connection: stage.proxied(),
          policy: {
            onRetry: () => {
              throw thrown;
            },
            onEvict: () => Promise.reject(thrown),
          },
        }),
      );
      await binding.read();
      const unlock = await stage.lock();
      const read = later(binding.read());
      await stage.inFlight(1);
      stage.proxy.resetAll();
      await unlock();
      expect(await read).toEqual([]);
      const hook = [expect.stringContaining(thrown.message), expect.objectContaining({ code: 'GONE_AWAY_HOOK' })];
      await expect.poll(() => warn.mock.calls.length, patient).toBe(2);
      expect(warn.mock.calls).toEqual([hook, hook]);
    });
  });
}

/** Messages and codes along the chain of causes: what a person looking at the error would find. */

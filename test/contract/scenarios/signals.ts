import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { OutcomeUnknownError } from '../../../src/index.ts';
import { patient, type Stage } from '../../support/stage.ts';
import type { CreateBinding } from '../binding.ts';
import { expectTruth, failureOf, later, type Told, told } from '../outcome.ts';

/** An AbortSignal ends waiting, at once, and never turns what was done into an error. */
export function describeSignals(create: CreateBinding, stage: Stage): void {
  describe('an AbortSignal', () => {
    const reason = new Error('the user went away');

    test('that is aborted already sends nothing', async () => {
      const binding = stage.closing(create({ connection: stage.proxied() }));
      const error = await failureOf(binding.with({ signal: AbortSignal.abort(reason) }).insert(1));
      expect(error).toBe(reason);
      expect(stage.proxy.connections()).toBe(0);
    });

    test('ends the wait for a connection with its reason', async () => {
      const binding = stage.closing(create({ connection: stage.direct(), connectionLimit: 1 }));
      const unlock = await stage.lock();
      const blocker = later(binding.read());
      await stage.inFlight(1);
      const controller = new AbortController();
      const failure = failureOf(binding.with({ signal: controller.signal }).read());
      controller.abort(reason);
      expect(await failure).toBe(reason);
      await unlock();
      expect(await blocker).toEqual([]);
      expect(await binding.read()).toEqual([]);
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    });

    test('ends the wait for a server that is down with its reason', async () => {
      const binding = stage.closing(create({ connection: stage.direct() }));
      await stage.server.stop();
      const controller = new AbortController();
      const failures = Array.from({ length: 20 }, () => failureOf(binding.with({ signal: controller.signal }).read()));
      const unaffected = later(binding.read());
      controller.abort(reason);
      for (const error of await Promise.all(failures)) expect(error).toBe(reason);
      await stage.server.start();
      expect(await unaffected).toEqual([]);
    });

    test('ends the pause before a retry with its reason', async () => {
      await stage.server.admin('SET GLOBAL read_only = 1');
      const controller = new AbortController();
      const options = { minTimeout: 1_000_000, maxTimeout: 1_000_000, maxRetryTime: 2_000_000 };
      const policy = { ...options, onRetry: () => setImmediate(() => controller.abort(reason)) };
      const binding = stage.closing(create({ connection: stage.direct(), policy }));
      expect(await failureOf(binding.with({ signal: controller.signal }).insert(1))).toBe(reason);
      await stage.server.admin('SET GLOBAL read_only = 0');
      expect(await stage.rows()).toEqual([]);
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    });

    test('ends a read in flight with its reason, and closes its connection', async () => {
      const binding = stage.closing(create({ connection: stage.proxied() }));
      await binding.read();
      const unlock = await stage.lock();
      const controller = new AbortController();
      const failure = failureOf(binding.with({ signal: controller.signal }).read());
      await stage.inFlight(1);
      controller.abort(reason);
      expect(await failure).toBe(reason);
      await unlock();
      await expect.poll(() => stage.proxy.connections(), patient).toBe(0);
      expect(await binding.read()).toEqual([]);
    });

    test('says of a write that it caught in flight that nobody can know', async () => {
      const binding = stage.closing(create({ connection: stage.proxied() }));
      await binding.insert(1);
      const unlock = await stage.lock();
      const controller = new AbortController();
      const failure = failureOf(binding.with({ signal: controller.signal }).insert(2));
      await stage.inFlight(1);
      controller.abort(reason);
      const error = await failure;
      expect(error).toBeInstanceOf(OutcomeUnknownError);
      expect(error).toMatchObject({ failure: { kind: 'aborted', stillRunning: true } });
      await unlock();
    });

    test('never turns a finished write into an error, whenever it comes', async () => {
      const binding = stage.closing(create({ connection: stage.proxied(), connectionLimit: 1 }));
      const answers = new Map<number, Told>();
      for (let id = 1; id <= 60; id += 1) {
        await binding.insert(1_000 + id);
        const controller = new AbortController();
        // The server has answered; the signal comes in that moment, or so many turns of the event loop later.
        const stop = stage.proxy.onServerData(() => {
          afterTurns(id % 6, () => controller.abort(reason));
          return 'forward';
        });
        answers.set(id, await told(binding.with({ signal: controller.signal }).insert(id)));
        stop();
      }
      await expectTruth(stage, answers);
      expect(new Set(answers.values())).toEqual(new Set(['applied', 'unknown']));
    });
  });
}

function afterTurns(turns: number, action: () => void): void {
  if (turns === 0) action();
  else setImmediate(() => afterTurns(turns - 1, action));
}

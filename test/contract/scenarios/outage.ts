import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { AcquireTimeoutError, classify, RetriesExhaustedError } from '../../../src/index.ts';
import { watchSockets } from '../../support/proxy/watch-sockets.ts';
import { patient, type Stage } from '../../support/stage.ts';
import type { CreateBinding } from '../binding.ts';
import { failureOf, later, warm } from '../outcome.ts';

/** For so long it is counted how often something happens that must not happen often; in milliseconds. */
const observation = 1_000;

/** A server that is down. */
export function describeOutage(create: CreateBinding, stage: Stage): void {
  describe('a server that is down', () => {
    test.each([
      { state: 'was down from the beginning', warmConnections: 0 },
      { state: 'went down under warm connections', warmConnections: 3 },
    ])('ends reads and writes within their limits, with the reason, when it $state', async ({ warmConnections }) => {
      const binding = stage.closing(
        create({ connection: stage.direct(), policy: { acquireTimeout: 300, maxRetryTime: 600 } }),
      );
      await warm(binding, warmConnections);
      await stage.server.stop();
      const startedAt = performance.now();
      const errors = await Promise.all(
        [binding.read(), binding.insert(1), binding.read()].map((work) => failureOf(work)),
      );
      expect(performance.now() - startedAt).toBeLessThan(5_000);
      for (const error of errors) {
        expect(error instanceof AcquireTimeoutError || error instanceof RetriesExhaustedError).toBe(true);
        expect(classify(error).outcome).toBe('not-executed');
        expect(codesOf(error)).toContain('ECONNREFUSED');
      }
      await stage.server.start();
      expect(await stage.rows()).toEqual([]);
    });

    test('answers all of 500 callers when it is back, and meanwhile meets few attempts to connect', async () => {
      const policy = { acquireTimeout: 50_000, maxRetryTime: 50_000 };
      const binding = stage.closing(create({ connection: stage.direct(), policy }));
      await warm(binding, 10);
      await stage.server.stop();
      const sockets = watchSockets();
      stage.after(async () => sockets.stop());
      const answers = later(Promise.all(Array.from({ length: 500 }, () => binding.read())));
      // One for each place of the pool before it is known that the server is down; then one after the other, each 10 to 20 ms after the last.
      await expect.poll(() => sockets.count(), patient).toBeGreaterThan(10);
      await delay(observation);
      expect(sockets.count()).toBeLessThan(10 + 110);
      sockets.stop();
      await stage.server.start();
      expect(await answers).toEqual(Array(500).fill([]));
      expect((await stage.server.threads()).length).toBeLessThanOrEqual(10);
    });

    test('meets one attempt to connect at a time while it lets them hang', async () => {
      const policy = { acquireTimeout: 50_000, maxRetryTime: 50_000 };
      const connection = { ...stage.direct(), connectTimeout: 150 };
      const binding = stage.closing(create({ connection, policy }));
      await stage.server.freeze();
      const sockets = watchSockets();
      stage.after(async () => sockets.stop());
      const answers = later(Promise.all(Array.from({ length: 50 }, () => binding.read())));
      // The first ten cannot know better; some bindings ask one thing before all others, and never have ten.
      await expect.poll(() => sockets.count() > 10 && sockets.open() <= 1, patient).toBe(true);
      const [before, most] = [sockets.count(), { open: 0 }];
      for (const until = performance.now() + observation; performance.now() < until; await delay(2)) {
        most.open = Math.max(most.open, sockets.open());
      }
      expect(most.open).toBe(1);
      expect(sockets.count()).toBeGreaterThan(before);
      await stage.server.thaw();
      expect(await answers).toEqual(Array(50).fill([]));
    });

    test('says when it is down and when it is up again', async () => {
      const events: { readonly name: unknown; readonly event: unknown }[] = [];
      const listener = (event: unknown, name: unknown) => events.push({ name, event });
      for (const name of ['gone-away:server-down', 'gone-away:server-up']) {
        subscribe(name, listener);
        stage.after(async () => unsubscribe(name, listener));
      }
      const binding = stage.closing(create({ connection: stage.direct() }));
      await stage.server.stop();
      const answer = later(binding.read());
      await expect.poll(() => events.length, patient).toBe(1);
      expect(events[0]).toMatchObject({
        name: 'gone-away:server-down',
        event: { failure: { kind: 'connect', code: 'ECONNREFUSED' } },
      });
      await stage.server.start();
      expect(await answer).toEqual([]);
      expect(events.slice(1)).toEqual([{ name: 'gone-away:server-up', event: { downForMs: expect.any(Number) } }]);
    });
  });
}

function codesOf(error: unknown): readonly unknown[] {
  const codes: unknown[] = [];
  for (let link = error; link instanceof Error; link = link.cause) codes.push('code' in link ? link.code : undefined);
  return codes;
}

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, test } from 'vitest';
import { AcquireTimeoutError, classify, RetriesExhaustedError } from '../../../src/index.ts';
import { external, patient, type Stage } from '../../support/stage.ts';
import type { CreateBinding } from '../binding.ts';
import { failureOf, later, warm } from '../outcome.ts';

/** A server that is down. */
export function describeOutage(create: CreateBinding, stage: Stage): void {
  describe.skipIf(external)('a server that is down', () => {
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

    test('answers all of 500 callers when it is back, and meanwhile meets one attempt to connect at a time', async () => {
      const binding = stage.closing(
        create({ connection: stage.direct(), policy: { acquireTimeout: 50_000, maxRetryTime: 50_000 } }),
      );
      await warm(binding, 10);
      await stage.server.stop();
      const sockets = countSockets();
      stage.after(async () => sockets.stop());
      const answers = later(Promise.all(Array.from({ length: 500 }, () => binding.read())));
      // Ten for the ten places of the pool before it is known that the server is down, and then some.
      await expect.poll(() => sockets.count(), patient).toBeGreaterThan(14);
      expect(sockets.count()).toBeLessThan(25);
      sockets.stop();
      await stage.server.start();
      expect(await answers).toEqual(Array(500).fill([]));
      expect((await stage.server.threads()).length).toBeLessThanOrEqual(10);
    });

    test('says when it is down and when it is up again', async () => {
      const states: unknown[] = [];
      const listener = (event: unknown) => states.push(event);
      subscribe('gone-away:server', listener);
      stage.after(async () => unsubscribe('gone-away:server', listener));
      const binding = stage.closing(create({ connection: stage.direct() }));
      await stage.server.stop();
      const answer = later(binding.read());
      await expect.poll(() => states.length, patient).toBe(1);
      expect(states[0]).toMatchObject({ state: 'down', failure: { kind: 'connect', code: 'ECONNREFUSED' } });
      await stage.server.start();
      expect(await answer).toEqual([]);
      expect(states.slice(1)).toEqual([{ state: 'up', failure: undefined }]);
    });
  });
}

/** Counts the sockets that this process begins to connect. */
function countSockets(): { count(): number; stop(): void } {
  let count = 0;
  const listener = () => {
    count += 1;
  };
  subscribe('net.client.socket', listener);
  return { count: () => count, stop: () => unsubscribe('net.client.socket', listener) };
}

function codesOf(error: unknown): readonly unknown[] {
  const codes: unknown[] = [];
  for (let link = error; link instanceof Error; link = link.cause) codes.push('code' in link ? link.code : undefined);
  return codes;
}

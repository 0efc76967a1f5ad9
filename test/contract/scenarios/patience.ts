import { setTimeout as delay } from 'node:timers/promises';
import type { Pool, PoolConnection } from 'mysql2';
import { describe, expect, test } from 'vitest';
import { withResilience } from '../../../adapters/mysql2/index.ts';
import { AcquireTimeoutError, classify, type ResilienceOptions } from '../../../src/index.ts';
import { patient, type Stage } from '../../support/stage.ts';
import type { Binding, CreateBinding } from '../binding.ts';
import { failureOf, later, warm } from '../outcome.ts';

/** The age of the oldest lease that the error tells of, in milliseconds. */
function heldFor(error: Error): number {
  return Number(/the longest for (\d+) ms/.exec(error.message)?.[1]);
}

/** What a call waits for, and which option says how long. */
export function describePatience(create: CreateBinding, stage: Stage): void {
  const open = (connectionLimit: number, policy: ResilienceOptions): Binding =>
    stage.closing(create({ connection: stage.direct(), connectionLimit, policy }));

  describe('a call that waits for a connection', () => {
    test('waits for as long as the pool moves, whatever its limits are', async () => {
      const binding = open(1, { acquireTimeout: 1_500, maxRetryTime: 1_500 });
      const answers = await Promise.all(Array.from({ length: 10 }, () => binding.select('SLEEP(0.2)')));
      expect(answers).toHaveLength(10);
    });

    test('waits for a server that is at work on every connection, as long as it does not say how long', async () => {
      const binding = open(1, { maxRetryTime: 1_000 });
      const working = later(binding.select('SLEEP(1.5)'));
      await Promise.all([working, binding.read()]);
    });

    test('ends when no connection has come back for `acquireTimeout`, and hears who holds them', async () => {
      const binding = open(1, {});
      const startedAt = performance.now();
      let release: () => void = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      let work: Promise<unknown> = Promise.resolve();
      await new Promise<void>((begun) => {
        work = later(
          binding.transaction(async (tx) => {
            await tx.insert(1);
            begun();
            await held;
          }),
        );
      });
      const error = await failureOf(binding.with({ acquireTimeout: 100 }).read());
      expect(error).toBeInstanceOf(AcquireTimeoutError);
      expect(String(error)).toMatch(
        /1 of 1 connections are held \(0 by getConnection\(\), 1 by .*`acquireTimeout: 100`/,
      );
      expect(heldFor(error)).toBeGreaterThanOrEqual(99);
      expect(heldFor(error)).toBeLessThanOrEqual(performance.now() - startedAt);
      release();
      await work;
    });

    test('hears for how long a connection is held that is never given back, also where nothing was sent on it', async ({
      skip,
    }) => {
      const binding = open(1, { acquireTimeout: 100 });
      const { pool } = binding;
      skip(pool === undefined, 'no connection of its pool is given to anybody');
      const client = withResilience(pool as Pool);
      const startedAt = performance.now();
      const connection = await new Promise<PoolConnection>((resolve, reject) => {
        client.getConnection((error, given) => (error ? reject(error) : resolve(given)));
      });
      stage.after(async () => connection.destroy());
      await delay(200);
      const error = await failureOf(binding.read());
      expect(String(error)).toMatch(
        /1 of 1 connections are held \(1 by getConnection\(\), 0 by .*`acquireTimeout: 100`/,
      );
      expect(heldFor(error)).toBeGreaterThanOrEqual(299);
      expect(heldFor(error)).toBeLessThanOrEqual(performance.now() - startedAt);
    });

    test('bears with a server that is away for `maxRetryTime`, even if `acquireTimeout` is shorter', async () => {
      const binding = open(3, { acquireTimeout: 50 });
      await warm(binding, 1);
      await stage.server.stop();
      const answer = later(binding.read());
      await delay(300);
      await stage.server.start();
      expect(await answer).toEqual([]);
    });

    test('gives up when the server has been away for `maxRetryTime`, and names that and what was heard last', async () => {
      const binding = open(3, { maxRetryTime: 300 });
      await stage.server.stop();
      const error = await failureOf(binding.read());
      await stage.server.start();
      expect(error).toBeInstanceOf(AcquireTimeoutError);
      expect(String(error)).toMatch(
        /127\.0\.0\.1:\d+ has been away for \d+ ms \(ECONNREFUSED\), and `maxRetryTime: 300`/,
      );
    });

    test('does not wait for a server that is known to be away with `retries: 0`', async () => {
      const binding = open(3, { retries: 0, maxRetryTime: 3_600_000 });
      await stage.server.stop();
      const errors = [];
      for (let n = 0; n < 5; n += 1) errors.push(await failureOf(binding.insert(1)));
      await stage.server.start();
      for (const error of errors) {
        expect(classify(error).outcome).toBe('not-executed');
        expect(`${error} ${(error as Error).cause}`).toContain('ECONNREFUSED');
      }
      // Somebody has to notice that it is back: each asks anew, after a pause.
      await expect.poll(() => binding.read().catch(() => 'away'), patient).toEqual([]);
    });
  });
}

import { describe, expect, test } from 'vitest';
import { classify, RetriesExhaustedError } from '../../../src/index.ts';

import { resetAt } from '../../support/proxy/reset-at.ts';

import { watchSockets } from '../../support/proxy/watch-sockets.ts';
import { patient, type Stage } from '../../support/stage.ts';

import type { Binding, CreateBinding } from '../binding.ts';
import { failureOf, later } from '../outcome.ts';

/** What never ends well is not sent again and again: whoever kills it, or whatever it does to its server, is met a few times, and not eleven. */
export function describeDyingStatements(create: CreateBinding, stage: Stage): void {
  const open = (): Binding => stage.closing(create({ connection: stage.direct(), connectionLimit: 3 }));

  /** Kills the session of whatever waits behind the locked table, so many times. */
  async function killInFlight(times: number): Promise<void> {
    for (let killed = 0; killed < times; killed += 1) {
      for (const id of await stage.inFlight(1)) await stage.server.killThread(id);
    }
  }

  describe('a statement that is killed whenever it runs', () => {
    test('is sent three times, and its error says after how long each was lost', async () => {
      await stage.lock();
      const failure = later(failureOf(open().read()));
      await killInFlight(3);
      const error = await failure;
      expect(error).toBeInstanceOf(RetriesExhaustedError);
      expect(error).toMatchObject({ attempts: 3, failure: { outcome: 'unknown' } });
      expect(String(error)).toMatch(
        /this very statement was lost in flight 3 times, after \d+ ms, \d+ ms, \d+ ms \(`lossRetries`\)/,
      );
      await stage.inFlight(0);
    });

    test('is sent as often as `lossRetries` says', async () => {
      await stage.lock();
      const failure = later(failureOf(open().with({ lossRetries: 0 }).read()));
      await killInFlight(1);
      expect(await failure).toMatchObject({ attempts: 1 });
      await stage.inFlight(0);
    });

    test('is answered when it was killed no more often than that', async () => {
      const unlock = await stage.lock();
      const answer = later(open().read());
      await killInFlight(2);
      await stage.inFlight(1);
      await unlock();
      expect(await answer).toEqual([]);
    });

    test('keeps its retries when it was never written, however often no connection could be made', async () => {
      const connection = { connection: stage.direct(), connectionLimit: 2 };
      const policy = { lossRetries: 0, maxTimeout: 50, maxRetryTime: 50_000 };
      const binding = stage.closing(create({ ...connection, policy }));
      await stage.server.stop();
      const sockets = watchSockets();
      stage.after(async () => sockets.stop());
      const answers = later(Promise.all([binding.read(), binding.insert(1)]));
      await expect.poll(() => sockets.count(), patient).toBeGreaterThan(6);
      await stage.server.start();
      await answers;
      expect(await stage.rows()).toEqual([1]);
    });

    test('ends a transaction that may run again, after three runs', async () => {
      await stage.lock();
      let runs = 0;
      const work = open().transaction(
        async (tx) => {
          runs += 1;
          await tx.count(runs);
          await tx.read();
        },
        { rerun: true },
      );
      const failure = later(failureOf(work));
      await killInFlight(3);
      const error = await failure;
      expect(classify(error).outcome).toBe('rolled-back');
      expect(String(error)).toMatch('this very transaction was lost in flight 3 times');
      expect(runs).toBe(3);
      expect(await stage.server.admin('SELECT id FROM stage_keyed')).toEqual([]);
    });
  });

  describe('a statement whose text ends the connection that it is sent on', () => {
    const openProxied = (): Binding => stage.closing(create({ connection: stage.proxied(), connectionLimit: 3 }));

    test('is a read that is sent three times, also where it is prepared first', async () => {
      const binding = openProxied();
      await binding.select('1');
      const resets = resetAt(stage.proxy, 'SELECT id FROM stage_rows', 'select `id` from `stage_rows`');
      const error = await failureOf(binding.read());
      expect(resets.count).toBe(3);
      expect(error).toMatchObject({ attempts: 3, failure: { outcome: binding.prepares ? 'not-executed' : 'unknown' } });
      expect(String(error)).toMatch('this very statement was lost in flight 3 times');
    });

    test('is a write that is sent three times where it is only prepared, and once where it may have been executed', async () => {
      const binding = openProxied();
      await binding.select('1');
      const resets = resetAt(stage.proxy, 'INSERT INTO stage_rows', 'insert into `stage_rows`');
      const error = await failureOf(binding.insert(1));
      expect(resets.count).toBe(binding.prepares ? 3 : 1);
      expect(classify(error).outcome).toBe(binding.prepares ? 'not-executed' : 'unknown');
      resets.stop();
      expect(await stage.rows()).toEqual([]);
    });

    test('is answered when that has happened no more often', async () => {
      const binding = openProxied();
      await binding.select('1');
      const resets = resetAt(stage.proxy, 'SELECT id FROM stage_rows', 'select `id` from `stage_rows`');
      resets.stopAfter(2);
      expect(await binding.read()).toEqual([]);
      expect(resets.count).toBe(2);
    });

    test('ends a transaction that may run again, after three times', async () => {
      const binding = openProxied();
      await binding.select('1');
      const resets = resetAt(stage.proxy, 'SELECT id FROM stage_rows', 'select `id` from `stage_rows`');
      const work = binding.transaction(
        async (tx) => {
          await tx.insert(1);
          await tx.read();
        },
        { rerun: true },
      );
      const error = await failureOf(work);
      expect(resets.count).toBe(3);
      expect(String(error)).toMatch('this very transaction was lost in flight 3 times');
      resets.stop();
      expect(await stage.rows()).toEqual([]);
    });
  });
}

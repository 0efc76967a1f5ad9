import { describe, expect, test } from 'vitest';
import { OutcomeUnknownError } from '../../../src/index.ts';
import { recordStatements } from '../../support/proxy/record-statements.ts';
import type { Stage } from '../../support/stage.ts';
import type { Binding, CreateBinding } from '../binding.ts';
import { failureOf, later } from '../outcome.ts';

/** Connections that die while a statement waits for its answer. */
export function describeInFlightLoss(create: CreateBinding, stage: Stage): void {
  const open = (): Binding => stage.closing(create({ connection: stage.proxied() }));

  describe.each([
    {
      how: 'killed',
      breakOff: async () => Promise.all((await stage.inFlight(1)).map((id) => stage.server.killThread(id))),
    },
    {
      how: 'reset by the network',
      breakOff: async () => {
        await stage.inFlight(1);
        stage.proxy.resetAll();
      },
    },
    {
      how: 'ended by the network',
      breakOff: async () => {
        await stage.inFlight(1);
        stage.proxy.finishAll();
      },
    },
  ])('a connection that is $how with a statement in flight', ({ breakOff }) => {
    test('answers a safe read from another connection', async () => {
      await stage.server.admin('INSERT INTO stage_rows (id) VALUES (7)');
      const binding = open();
      await binding.read();
      const unlock = await stage.lock();
      const answer = binding.read();
      await breakOff();
      await unlock();
      expect(await answer).toEqual([7]);
    });

    test('says of a write that nobody can know, and sends nothing more', async () => {
      const binding = open();
      // Where statements are prepared, this one is from here on, so that what is in flight later is its execution.
      await binding.insert(1);
      const unlock = await stage.lock();
      const failure = failureOf(binding.insert(2));
      await stage.inFlight(1);
      const sent = recordStatements(stage.proxy);
      await breakOff();
      const error = await failure;
      expect(error).toBeInstanceOf(OutcomeUnknownError);
      expect(error).toMatchObject({ attempts: 1, failure: { outcome: 'unknown' } });
      expect(error.cause).toBeInstanceOf(Error);
      expect(sent.packets()).toBe(0);
      await unlock();
      // It comes after the lost one behind the same lock: that one is applied by now, or never.
      await binding.insert(3);
      expect(await stage.countOf(2)).toBeLessThanOrEqual(1);
    });

    test('answers a locking read from another connection: what the lost one locked is free when that ends', async () => {
      await stage.server.admin('INSERT INTO stage_rows (id) VALUES (7)');
      const binding = open();
      await binding.readForUpdate();
      const unlock = await stage.lock();
      const answer = later(binding.readForUpdate());
      await breakOff();
      await unlock();
      expect(await answer).toEqual([7]);
      // Nor does the one that was answered keep anything locked.
      await stage.server.admin('DELETE FROM stage_rows WHERE id = 7');
    });

    test('sends a write again that the caller marked as idempotent', async () => {
      const binding = open();
      await binding.upsertIdempotently(5);
      const unlock = await stage.lock('stage_keyed');
      const write = binding.upsertIdempotently(6);
      await breakOff();
      await unlock();
      await write;
      const [row] = await stage.server.admin<readonly object[]>('SELECT writes FROM stage_keyed WHERE id = 6');
      expect([1, 2]).toContain(row && 'writes' in row ? row.writes : undefined);
    });
  });

  describe('an answer that was lost after the server had done the work', () => {
    const loseNextAnswer = async (unlock: () => Promise<void>): Promise<void> => {
      await stage.inFlight(1);
      const cut = stage.proxy.cutAfter('s2c', 0, 'rst');
      await unlock();
      await cut;
    };

    test('leaves a write applied once, and says that nobody can know', async () => {
      const binding = open();
      await binding.insert(1);
      const failure = failureOf(
        stage.lock().then((unlock) => Promise.all([binding.insert(2), loseNextAnswer(unlock)])),
      );
      expect(await failure).toBeInstanceOf(OutcomeUnknownError);
      expect(await stage.rows()).toEqual([1, 2]);
    });

    test('applies an idempotent write a second time', async () => {
      const binding = open();
      await binding.upsertIdempotently(5);
      const unlock = await stage.lock('stage_keyed');
      await Promise.all([binding.upsertIdempotently(5), loseNextAnswer(unlock)]);
      expect(await stage.server.admin('SELECT writes FROM stage_keyed')).toEqual([{ writes: 3 }]);
    });

    test('reads again', async () => {
      const binding = open();
      await binding.insert(1);
      await binding.read();
      const unlock = await stage.lock();
      const [ids] = await Promise.all([binding.read(), loseNextAnswer(unlock)]);
      expect(ids).toEqual([1]);
    });
  });

  test('reads again when a long answer breaks off in its middle', async () => {
    const binding = open();
    const ids = Array.from({ length: 5_000 }, (_, index) => index);
    await stage.server.admin(`INSERT INTO stage_rows (id) VALUES ${ids.map((id) => `(${id})`).join()}`);
    const cut = stage.proxy.cutAfter('s2c', 20_000, 'rst');
    expect(await binding.read()).toHaveLength(5_000);
    await cut;
  });
}

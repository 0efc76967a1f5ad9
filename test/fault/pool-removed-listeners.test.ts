import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Pool as CallbackPool, PoolConnection } from 'mysql2';
import { createPool } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { withResilience } from '../../adapters/mysql2/index.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';

const events = ['connection', 'acquire', 'release', 'enqueue'] as const;

describe('listeners of a pool', unhurried, () => {
  const stage = useStage('removed-listeners');

  function open() {
    const core = stage.closing(createPool({ ...stage.direct(), connectionLimit: 1 })).pool as unknown as CallbackPool;
    return { core, resilient: withResilience(core).promise() };
  }

  test("are its user's alone", async () => {
    const { core, resilient } = open();
    await resilient.query('DO 1');
    expect(events.map((event) => core.listenerCount(event))).toEqual([0, 0, 0, 0]);
  });

  test.each(['a statement', 'a held connection'])(
    'that replace all others have prepared the connection of %s',
    async (use) => {
      const { core, resilient } = open();
      core.removeAllListeners('connection');
      core.on('connection', async (connection: PoolConnection) => {
        // Nothing is under way yet when the connection is handed out.
        for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
        await connection.promise().query('SET @first = 1');
        await connection.promise().query('SET @second = 2');
      });
      const held = use === 'a statement' ? undefined : await resilient.getConnection();
      const [rows] = await (held ?? resilient).query('SELECT @first AS one, @second AS two');
      held?.release();
      expect(rows).toEqual([{ one: 1, two: 2 }]);
    },
  );

  test('may all be removed: the pool says that the server is up again, and its callers no longer wait', async ({
    skip,
  }) => {
    skip(!stage.server.controllable, 'the server is not ours to stop');
    const names: unknown[] = [];
    const note = (_: unknown, name: unknown) => names.push(name);
    for (const name of ['gone-away:server-down', 'gone-away:server-up']) {
      subscribe(name, note);
      stage.after(async () => unsubscribe(name, note));
    }
    const { core, resilient } = open();
    core.removeAllListeners();
    await stage.server.stop();
    const answer = resilient.query('SELECT id FROM stage_rows');
    await expect.poll(() => names, patient).toEqual(['gone-away:server-down']);
    await stage.server.start();
    expect((await answer)[0]).toEqual([]);
    expect(names).toEqual(['gone-away:server-down', 'gone-away:server-up']);
  });
});

import { createPool, type PoolOptions } from 'mysql2/promise';
import { beforeAll, describe, expect, test } from 'vitest';
import { withResilience } from '../../adapters/mysql2/index.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';

const watch = { after: 200, timeout: 1_000 } as const;

/** A server that lets each user have so many connections as their pool has, and no more. */
describe('where the server counts the connections of a user', unhurried, () => {
  const stage = useStage('places', ['--max-user-connections=1000']);
  const limited = { user: 'stage_limited', password: 'limited' };

  beforeAll(async () => {
    const { database } = stage.direct();
    await stage.server.admin(
      `CREATE USER ${limited.user}@'%' IDENTIFIED BY '${limited.password}' WITH MAX_USER_CONNECTIONS 2`,
    );
    await stage.server.admin(`GRANT ALL ON ${database}.* TO ${limited.user}@'%'`);
  });

  const open = (options: PoolOptions = {}) =>
    stage.closing(
      withResilience(createPool({ ...stage.direct(), ...limited, connectionLimit: 2, ...options }), { watch }),
    );

  test('the pool gets a place that the watch has taken for its own question', async () => {
    const pool = open();
    const slow = pool.query('SELECT SLEEP(3) AS slept');
    // One that is at work, and the one that asks about it.
    await expect.poll(async () => (await stage.server.threads(limited.user)).length, patient).toBe(2);
    const answers = await Promise.all([pool.query('SELECT 1 AS one'), pool.query('SELECT 1 AS one')]);
    expect(answers.map(([rows]) => rows)).toEqual([[{ one: 1 }], [{ one: 1 }]]);
    // And goes on to be asked about, over whatever is left.
    const [again] = await pool.query('SELECT 2 AS two');
    expect(again).toEqual([{ two: 2 }]);
    expect((await slow)[0]).toEqual([{ slept: 0 }]);
  });

  test('a place that a connection of the pool has just left is waited for', async () => {
    const pool = open();
    const busy = pool.query('SELECT SLEEP(1)');
    for (let turn = 0; turn < 5; turn += 1) {
      // What mysql2's own limit ends is replaced at once, and the server still counts it.
      await expect(pool.query({ sql: 'SELECT SLEEP(0.1)', timeout: 20 })).rejects.toMatchObject({
        code: 'PROTOCOL_SEQUENCE_TIMEOUT',
      });
      expect((await pool.query('SELECT 1 AS one'))[0]).toEqual([{ one: 1 }]);
    }
    await busy;
  });

  test('what somebody else has is waited for as at a full server, and with `retries: 0` not at all', async () => {
    const others = open();
    const held = await Promise.all([others.getConnection(), others.getConnection()]);
    const pool = open();
    await expect(pool.$resilience({ retries: 0 }).query('SELECT 1')).rejects.toMatchObject({ errno: 1226 });
    const waiting = pool.query('SELECT 1 AS one');
    for (const connection of held) connection.destroy();
    expect((await waiting)[0]).toEqual([{ one: 1 }]);
  });

  test('another limit of the user is told at once', async () => {
    const quota = { user: 'stage_quota', password: 'quota' };
    await stage.server.admin(
      `CREATE USER ${quota.user}@'%' IDENTIFIED BY '${quota.password}' WITH MAX_CONNECTIONS_PER_HOUR 1`,
    );
    await stage.server.admin(`GRANT ALL ON ${stage.direct().database}.* TO ${quota.user}@'%'`);
    const pool = open(quota);
    const held = await pool.getConnection();
    await expect(pool.query('SELECT 1')).rejects.toMatchObject({ errno: 1226 });
    held.release();
  });
});

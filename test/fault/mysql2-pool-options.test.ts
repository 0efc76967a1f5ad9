import { createPool, type Pool, type PoolOptions } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { type Resilient, withResilience } from '../../adapters/mysql2/index.ts';
import { classify, OutcomeUnknownError, type ResilienceOptions } from '../../src/index.ts';
import { expectTruth, failureOf, killAll, later, type Told, told } from '../contract/outcome.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';

const insert = (pool: Pool, id: number) => pool.query('INSERT INTO stage_rows (id) VALUES (?)', [id]);

/** What a pool of mysql2 may be set up with, and what that means for the evidence. */
describe('a resilient pool of mysql2', unhurried, () => {
  const stage = useStage('pool-options');
  const open = (options: PoolOptions = {}, policy: ResilienceOptions = {}): Resilient<Pool> =>
    stage.closing(withResilience(createPool({ ...stage.proxied(), connectionLimit: 1, ...options }), policy));

  describe('whose sessions are prepared by a listener of `connection`', () => {
    test('prepares every session, also those that replace others', async () => {
      const pool = open();
      pool.on('connection', (connection) => void connection.query("SET SESSION time_zone = '+05:00'"));
      for (let round = 1; round <= 3; round += 1) {
        expect((await pool.query('SELECT @@time_zone AS zone'))[0]).toEqual([{ zone: '+05:00' }]);
        stage.proxy.resetAll();
      }
    });

    test('applies a write exactly once that was waiting for that when the connection was lost', async () => {
      const pool = open();
      pool.on('connection', (connection) => void connection.query('SELECT 1 FROM stage_keyed'));
      const unlock = await stage.lock('stage_keyed');
      const write = later(insert(pool, 1));
      await stage.inFlight(1);
      stage.proxy.resetAll();
      await unlock();
      await write;
      expect(await stage.rows()).toEqual([1]);
    });
  });

  describe('whose statement has a `timeout` of its own', () => {
    test('says of a write that nobody can know, and the connection does not stay with it', async () => {
      const pool = open();
      await insert(pool, 1);
      const unlock = await stage.lock();
      const failure = failureOf(pool.query({ sql: 'INSERT INTO stage_rows (id) VALUES (2)', timeout: 150 }));
      expect(classify(await failure)).toMatchObject({ outcome: 'unknown', code: 'PROTOCOL_SEQUENCE_TIMEOUT' });
      expect((await pool.query('SELECT 1 AS one'))[0]).toEqual([{ one: 1 }]);
      await unlock();
      await expect.poll(() => stage.proxy.connections(), patient).toBe(1);
    });
  });

  describe('that compresses its packets', () => {
    test('applies each write exactly once, or says that nobody can know, when its connections are killed', async () => {
      const pool = open({ compress: true, connectionLimit: 2 });
      const answers = new Map<number, Told>();
      await stage.asRoot(async (root) => {
        for (let id = 1; id <= 30; id += 1) {
          await pool.query('SELECT 1');
          await killAll(root);
          answers.set(id, await told(insert(pool, id)));
        }
      });
      await expectTruth(stage, answers);
    });

    test('says of a write that nobody can know when its answer was lost', async () => {
      const pool = open({ compress: true });
      await pool.query('SELECT 1');
      const cut = stage.proxy.cutAfter('s2c', 0, 'rst');
      expect(await failureOf(insert(pool, 1))).toBeInstanceOf(OutcomeUnknownError);
      await cut;
      await expect.poll(() => stage.rows(), patient).toEqual([1]);
    });
  });

  test('that resets sessions when they are given back goes on after a loss, one statement after the other', async () => {
    const pool = open({ resetOnRelease: true });
    for (let round = 1; round <= 10; round += 1) {
      await pool.query('SET @left_behind = 1');
      expect((await pool.query('SELECT @left_behind AS value'))[0]).toEqual([{ value: null }]);
      if (round % 3 === 0) stage.proxy.resetAll();
    }
  });

  test('that closes idle connections by itself makes new ones when they are needed', async () => {
    const pool = open({ connectionLimit: 5, maxIdle: 1, idleTimeout: 50 });
    const reads = () => Promise.all(Array.from({ length: 5 }, () => pool.query('SELECT id FROM stage_rows')));
    await reads();
    await expect.poll(() => stage.proxy.connections(), patient).toBe(0);
    await reads();
    await insert(pool, 1);
    expect(await stage.rows()).toEqual([1]);
  });

  test('of one connection serves many at once, in turn', async () => {
    const pool = open();
    await Promise.all(Array.from({ length: 50 }, (_, id) => insert(pool, id)));
    expect(await stage.rows()).toHaveLength(50);
    expect(stage.proxy.connections()).toBe(1);
  });

  test('without a limit makes as many connections as it needs', async () => {
    const pool = open({ connectionLimit: 0 });
    const unlock = await stage.lock();
    const reads = Promise.all(Array.from({ length: 15 }, () => pool.query('SELECT id FROM stage_rows')));
    await stage.inFlight(15);
    await unlock();
    expect(await reads).toHaveLength(15);
  });
});

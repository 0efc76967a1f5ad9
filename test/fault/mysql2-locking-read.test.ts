import { createPool, type Pool } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { type Resilient, withResilience } from '../../adapters/mysql2/index.ts';
import { OutcomeUnknownError } from '../../src/index.ts';
import { failureOf, later } from '../contract/outcome.ts';
import { unhurried, useStage } from '../support/stage.ts';

describe('a locking read that is lost in flight', unhurried, () => {
  const stage = useStage('locking-read');

  const open = (prepareSession?: string): Resilient<Pool> => {
    const pool = createPool({ ...stage.proxied(), connectionLimit: 1 });
    if (prepareSession !== undefined) pool.on('connection', (connection) => void connection.query(prepareSession));
    return stage.closing(withResilience(pool));
  };
  /** What becomes of it when its connection is lost while it waits for a lock. */
  const lose = async (pool: Pool, sql: string): Promise<unknown> => {
    await stage.server.admin('INSERT INTO stage_rows (id) VALUES (7)');
    await pool.query('SELECT 1');
    const unlock = await stage.lock();
    const answer = later(pool.query(sql).then(([rows]) => rows));
    await stage.inFlight(1);
    stage.proxy.resetAll();
    await unlock();
    return answer;
  };

  test.each([
    'SELECT id FROM stage_rows FOR UPDATE',
    'SELECT id FROM stage_rows LOCK IN SHARE MODE',
    'SELECT id FROM stage_rows FOR UPDATE SKIP LOCKED',
  ])('is answered by another connection, and keeps nothing locked: %s', async (sql) => {
    const pool = open();
    expect(await lose(pool, sql)).toEqual([{ id: 7 }]);
    await stage.server.admin('DELETE FROM stage_rows');
    expect(await stage.rows()).toEqual([]);
  });

  test.each([
    ['where autocommit is off', 'SET autocommit = 0', 'SELECT id FROM stage_rows FOR UPDATE'],
    ['with a function that leaves something behind', undefined, 'SELECT LAST_INSERT_ID(id) FROM stage_rows FOR UPDATE'],
  ])('is unknown %s', async (_what, prepareSession, sql) => {
    expect(await failureOf(lose(open(prepareSession), sql))).toBeInstanceOf(OutcomeUnknownError);
  });
});

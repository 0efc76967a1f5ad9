import { createPool, type Pool } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { withResilience } from '../../adapters/mysql2/index.ts';
import { OutcomeUnknownError, type RetryEvent, SessionBoundError } from '../../src/index.ts';
import { callbackPoolBy, callbackWays } from '../contract/bindings/mysql2.ts';
import { failureOf } from '../contract/outcome.ts';
import { describeLoneStatements } from '../contract/scenarios/lone-statements.ts';
import { type Stage, unhurried, useStage } from '../support/stage.ts';

const insertOne = 'INSERT INTO stage_rows (id) VALUES (1)';

function promisePool(stage: Stage, options: object = {}): Pool {
  return stage.closing(createPool({ ...stage.direct(), connectionLimit: 1, ...options }));
}

describe('on a pool of mysql2', unhurried, () => {
  const stage = useStage('lone-pool');

  test.each([
    'SET NAMES utf8mb4',
    'SET @a = 1',
    'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
    'SET autocommit = 1',
  ])('a setting that a bare pool would hand on is handed on: %s', async (text) => {
    const pool = withResilience(promisePool(stage));
    const id = async () => (await pool.query('SELECT CONNECTION_ID() AS id'))[0];
    const before = await id();
    await pool.query(text);
    expect(await id()).toEqual(before);
  });

  test('what has its effect in one session is refused with exactlyOnce as well', async () => {
    const pool = withResilience(promisePool(stage), { exactlyOnce: true });
    expect(await failureOf(pool.query('ROLLBACK'))).toBeInstanceOf(SessionBoundError);
  });

  test('a transaction in several statements is one, and as durable', async () => {
    const pool = withResilience(promisePool(stage, { multipleStatements: true }));
    await pool.query(`START TRANSACTION; ${insertOne}; COMMIT`);
    expect(await stage.rows()).toEqual([1]);
  });

  test.each([`START TRANSACTION; ${insertOne}`, `SET autocommit = 0; ${insertOne}; SELECT 1`])(
    'what it leaves open is undone, and nobody is told that it was done: %s',
    async (text) => {
      const pool = withResilience(promisePool(stage, { multipleStatements: true }));
      const error = await failureOf(pool.query(text));
      expect(error).toBeInstanceOf(OutcomeUnknownError);
      expect(error.cause).toBeInstanceOf(SessionBoundError);
      expect(error.message).toContain('it left a transaction open');
      await pool.query('INSERT INTO stage_rows (id) VALUES (2)');
      expect(await stage.rows()).toEqual([2]);
    },
  );

  test('a write that ran into the transaction of a listener is undone with it, and sent again', async () => {
    const retries: RetryEvent[] = [];
    const bare = promisePool(stage);
    bare.pool.once('acquire', (connection) => void connection.query('BEGIN'));
    await withResilience(bare, { onRetry: (event) => retries.push(event) }).query(insertOne);
    expect(await stage.rows()).toEqual([1]);
    expect(retries.map(({ failure }) => failure.outcome)).toEqual(['rolled-back']);
  });
});

describe.each(Object.keys(callbackWays) as (keyof typeof callbackWays)[])(
  'through a callback pool of mysql2, by %s',
  unhurried,
  (way) => describeLoneStatements(callbackPoolBy(way), useStage('lone-callback')),
);

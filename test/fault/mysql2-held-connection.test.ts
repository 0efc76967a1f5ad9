import { once } from 'node:events';
import { type Connection, createPool as createCallbackPool } from 'mysql2';
import { createPool, type Pool, type PoolConnection } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { type Resilient, withResilience } from '../../adapters/mysql2/index.ts';
import {
  AcquireTimeoutError,
  classify,
  type EvictEvent,
  isGoneAwayError,
  type ResilienceOptions,
} from '../../src/index.ts';
import { failureOf, later } from '../contract/outcome.ts';
import { breakCommit } from '../support/ledger/stage-ledger.ts';
import { recordStatements } from '../support/proxy/record-statements.ts';
import { resetAt } from '../support/proxy/reset-at.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';

const digits =
  '(SELECT 0 AS d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)';
const insertOne = 'INSERT INTO stage_rows (id) VALUES (1)';

describe('a connection from getConnection()', unhurried, () => {
  const stage = useStage('held');

  const open = (
    connectionLimit = 1,
    policy: ResilienceOptions = {},
  ): { pool: Resilient<Pool>; evicted: EvictEvent[] } => {
    const evicted: EvictEvent[] = [];
    const onEvict = (event: EvictEvent) => evicted.push(event);
    const pool = withResilience(createPool({ ...stage.proxied(), connectionLimit }), {
      acquireTimeout: 2_000,
      ...policy,
      onEvict,
    });
    return { pool: stage.closing(pool), evicted };
  };
  const warm = (pool: Pool, connections: number) =>
    Promise.all(Array.from({ length: connections }, () => pool.query('SELECT id FROM stage_rows')));
  /** Ends the connection from the server's side; resolves when this side knows. */
  const kill = async (connection: PoolConnection) => {
    const ended = once(connection.connection, 'end');
    await stage.server.killThread(connection.threadId);
    await ended;
  };

  test('tells of what comes after its loss what it was lost with: a ROLLBACK says nothing of a COMMIT before it', async () => {
    const { pool } = open();
    const held = await pool.getConnection();
    await held.query('BEGIN');
    await held.query(insertOne);
    const broken = breakCommit(stage, 'executed');
    const first = await failureOf(held.commit());
    await broken;
    const errors = [
      await failureOf(held.rollback()),
      await failureOf(held.query('SELECT 1')),
      await failureOf(held.execute('SELECT 1')),
    ];
    for (const error of [first, ...errors]) {
      expect(error).toMatchObject({ code: (first as { code?: string }).code });
      expect(classify(error)).toMatchObject({ kind: 'connection-lost', outcome: 'unknown' });
    }
    held.release();
    expect(await stage.rows()).toEqual([1]);
  });

  test('that was lost while nothing was under way says so as mysql2 does', async () => {
    const { pool } = open();
    const held = await pool.getConnection();
    await kill(held);
    const error = await failureOf(held.query(insertOne));
    expect(error.message).toBe("Can't add new command when connection is in closed state");
    expect(classify(error)).toMatchObject({ outcome: 'not-executed' });
    held.release();
  });

  describe('that its user destroys while statements are under way', () => {
    test('is answered all the same, and the next user has another', async () => {
      const { pool } = open();
      const held = await pool.getConnection();
      const unlock = await stage.lock();
      const answer = later(held.query(insertOne));
      await stage.inFlight(1);
      held.destroy();
      await unlock();
      expect(await answer).toMatchObject([{ affectedRows: 1 }, undefined]);
      expect(await stage.rows()).toEqual([1]);
      expect(await pool.query('SELECT id FROM stage_rows')).toMatchObject([[{ id: 1 }], [{}]]);
      await expect.poll(() => stage.proxy.connections(), patient).toBe(1);
    });

    test.each([
      { how: 'destroyed by its user', end: async (held: PoolConnection) => held.destroy() },
      { how: 'killed', end: async (held: PoolConnection) => stage.server.killThread(Number(held.threadId)) },
    ])('or is $how, hands out the rows that had come, however slowly they are read', async ({ end }) => {
      const { pool } = open();
      const held = await pool.getConnection();
      const many = `SELECT REPEAT('x', 200) AS x FROM ${digits} a, ${digits} b, ${digits} c`;
      let rows = 0;
      for await (const _ of (held.connection as unknown as Connection).query(many).stream({ highWaterMark: 1 })) {
        rows += 1;
        if (rows === 3) {
          await end(held);
          await expect.poll(() => stage.server.threads(), patient).toEqual([]);
        }
      }
      expect(rows).toBe(1_000);
    });

    test('says so to whoever waits when the answer cannot come any more', async () => {
      const { pool } = open();
      const held = await pool.getConnection();
      const unlock = await stage.lock();
      const failures = [failureOf(held.query(insertOne)), failureOf(held.query(insertOne))];
      await stage.inFlight(1);
      held.destroy();
      stage.proxy.resetAll();
      for (const error of await Promise.all(failures)) expect(error).toMatchObject({ fatal: true });
      await unlock();
    });
  });

  test('whose statements are under way when it is given back answers them, also if it is not to be used again', async () => {
    const { pool, evicted } = open();
    const held = await pool.getConnection();
    const prepared = await held.prepare('SELECT ? AS a');
    await prepared.close();
    expect(await failureOf(prepared.execute([1]))).toMatchObject({ errno: 1243 });
    const answers = [held.query('INSERT INTO stage_rows (id) SELECT SLEEP(0.05)'), held.query(insertOne)];
    held.release();
    expect(await Promise.all(answers)).toMatchObject([
      [{ affectedRows: 1 }, undefined],
      [{ affectedRows: 1 }, undefined],
    ]);
    await expect.poll(() => evicted.length, patient).toBe(1);
    expect(await stage.rows()).toEqual([0, 1]);
  });

  describe('that is given back', () => {
    test.each([
      { how: 'inside a transaction', statements: ['BEGIN', insertOne] },
      { how: 'inside a transaction whose last statement was a SELECT', statements: ['BEGIN', insertOne, 'SELECT 1'] },
      { how: 'inside a transaction that autocommit = 0 has begun', statements: ['SET autocommit = 0', insertOne] },
      {
        how: 'inside a transaction in which a statement failed',
        statements: ['BEGIN', insertOne, 'SELECT no_such_column'],
      },
      { how: 'with autocommit switched off', statements: ['SET autocommit = 0'] },
    ])('$how is destroyed, and the next user meets a clean session', async ({ statements }) => {
      const { pool, evicted } = open();
      const held = await pool.getConnection();
      const { threadId } = held;
      for (const statement of statements) await held.query(statement).catch(() => {});
      held.release();
      const next = await pool.getConnection();
      const [rows] = await next.query('SELECT @@autocommit AS autocommit, CONNECTION_ID() AS id');
      expect(rows).toEqual([{ autocommit: 1, id: expect.not.toBeOneOf([threadId]) }]);
      expect(evicted).toEqual([{ reason: 'dirty', threadId }]);
      await next.query('INSERT INTO stage_rows (id) VALUES (2)');
      next.release();
      expect(await stage.rows()).toEqual([2]);
    });

    test.each([
      { how: 'after COMMIT', statements: ['BEGIN', insertOne, 'COMMIT'] },
      { how: 'after ROLLBACK', statements: ['BEGIN', insertOne, 'ROLLBACK', insertOne] },
      {
        how: 'after a statement that commits implicitly',
        statements: ['BEGIN', insertOne, 'ANALYZE TABLE stage_keyed', 'DO 1'],
      },
    ])('$how stays in the pool', async ({ statements }) => {
      const { pool, evicted } = open();
      const held = await pool.getConnection();
      const { threadId } = held;
      for (const statement of statements) await held.query(statement);
      held.release();
      expect((await pool.getConnection()).threadId).toBe(threadId);
      expect(evicted).toEqual([]);
      expect(await stage.rows()).toEqual([1]);
    });

    test('with statements still under way goes back when they are answered, and is the same session', async () => {
      const { pool, evicted } = open();
      const held = await pool.getConnection();
      const { threadId } = held;
      const unlock = await stage.lock();
      const running = [held.query('SELECT id FROM stage_rows'), held.query(insertOne)];
      await stage.inFlight(1);
      held.release();
      const next = pool.query('SELECT CONNECTION_ID() AS id');
      await unlock();
      expect((await next)[0]).toEqual([{ id: threadId }]);
      await Promise.all(running);
      expect(await stage.rows()).toEqual([1]);
      expect(evicted).toEqual([]);
    });

    test('with a COMMIT under way that nobody waits for has committed before the next user has it', async () => {
      const { pool, evicted } = open();
      const held = await pool.getConnection();
      await held.query('BEGIN');
      await held.query(insertOne);
      const committed = held.query('COMMIT');
      held.release();
      expect((await pool.query('SELECT id FROM stage_rows'))[0]).toEqual([{ id: 1 }]);
      await committed;
      expect(evicted).toEqual([]);
    });

    test('with a BEGIN under way that nobody waits for is judged by its answer', async () => {
      const { pool, evicted } = open();
      const held = await pool.getConnection();
      const { threadId } = held;
      const floating = [held.query('BEGIN'), held.query(insertOne)];
      held.release();
      await pool.query('INSERT INTO stage_rows (id) VALUES (2)');
      await Promise.all(floating);
      expect(await stage.rows()).toEqual([2]);
      expect(evicted).toEqual([{ reason: 'dirty', threadId }]);
    });

    test('with a stream that is still read goes back when its rows have been read', async () => {
      const { pool, evicted } = open();
      await stage.server.admin('INSERT INTO stage_rows (id) VALUES (1), (2), (3)');
      const held = await pool.getConnection();
      const { threadId } = held;
      const core = held.connection as unknown as import('mysql2').PoolConnection;
      const stream = core.query('SELECT a.id FROM stage_rows a, stage_rows b, stage_rows c, stage_rows d').stream();
      held.release();
      const next = pool.query('SELECT CONNECTION_ID() AS id');
      expect(await stream.toArray()).toHaveLength(81);
      expect((await next)[0]).toEqual([{ id: threadId }]);
      expect(evicted).toEqual([]);
    });

    test('with rows that nobody reads is destroyed after `acquireTimeout`, and the next user has another', async () => {
      const { pool, evicted } = open(1, { acquireTimeout: 300 });
      await stage.server.admin('INSERT INTO stage_rows (id) VALUES (1), (2), (3)');
      const held = await pool.getConnection();
      const { threadId } = held;
      const core = held.connection as unknown as import('mysql2').PoolConnection;
      const rows = core.query('SELECT a.id FROM stage_rows a, stage_rows b, stage_rows c').stream({ highWaterMark: 1 });
      rows.on('error', () => {});
      await once(rows, 'readable');
      held.release();
      await expect.poll(() => evicted, patient).toEqual([{ reason: 'dirty', threadId }]);
      expect((await pool.query('SELECT 1 AS one'))[0]).toEqual([{ one: 1 }]);
    });

    test('with a statement under way and then lost makes room for the next user', async () => {
      const { pool, evicted } = open();
      const held = await pool.getConnection();
      const { threadId } = held;
      const unlock = await stage.lock();
      const failure = failureOf(held.query('SELECT id FROM stage_rows'));
      await stage.inFlight(1);
      held.release();
      await stage.server.killThread(threadId);
      expect((await pool.query('SELECT 1 AS one'))[0]).toEqual([{ one: 1 }]);
      expect(await failure).toBeInstanceOf(Error);
      await expect.poll(() => evicted, patient).toEqual([{ reason: 'lost', threadId }]);
      await unlock();
    });

    test('twice, or destroyed after that, is given back once', async () => {
      const { pool } = open(1, { acquireTimeout: 100 });
      const held = await pool.getConnection();
      held.release();
      held.release();
      held.destroy();
      await pool.getConnection();
      expect(await failureOf(pool.getConnection())).toBeInstanceOf(AcquireTimeoutError);
    });
  });

  describe('that is lost', () => {
    test('fails with the error of the driver, and nothing is sent again', async () => {
      const { pool } = open();
      const held = await pool.getConnection();
      await held.query(insertOne);
      const unlock = await stage.lock();
      const failure = failureOf(held.query('SELECT id FROM stage_rows'));
      await stage.inFlight(1);
      const sent = recordStatements(stage.proxy);
      stage.proxy.resetAll();
      const error = await failure;
      expect(isGoneAwayError(error)).toBe(false);
      expect(error).toMatchObject({ code: 'ECONNRESET' });
      expect(await failureOf(held.query('SELECT 1'))).toMatchObject({ code: 'ECONNRESET' });
      expect(sent.packets()).toBe(0);
      held.release();
      await unlock();
    });

    test('makes its older siblings suspect: each is asked once', async () => {
      const { pool, evicted } = open(4);
      await warm(pool, 4);
      const held = await pool.getConnection();
      await kill(held);
      await held.query('SELECT 1').catch(() => {});
      held.release();
      expect(evicted).toEqual([{ reason: 'lost', threadId: held.threadId }]);
      const sent = recordStatements(stage.proxy);
      await warm(pool, 3);
      await warm(pool, 3);
      expect(sent.pings()).toBe(3);
    });

    test('does not keep its place in the pool, even if it is never given back', async () => {
      const { pool } = open();
      await kill(await pool.getConnection());
      expect((await pool.query('SELECT 1 AS one'))[0]).toEqual([{ one: 1 }]);
    });

    test('twice in a row crashes nothing', async () => {
      const pool = createCallbackPool({ ...stage.proxied(), connectionLimit: 1 });
      const resilient = withResilience(pool);
      stage.closing(resilient.promise());
      const held = await new Promise<import('mysql2').PoolConnection>((resolve, reject) => {
        resilient.getConnection((error, connection) => (error ? reject(error) : resolve(connection)));
      });
      await stage.server.killThread(Number(held.threadId));
      await expect.poll(() => held.state, patient).toBe('error');
      // Without a callback, each of them is an 'error' event of the connection.
      expect(() => [held.query('SELECT 1'), held.query('SELECT 1')]).not.toThrow();
      held.release();
      expect((await resilient.promise().query('SELECT 1 AS one'))[0]).toEqual([{ one: 1 }]);
    });

    test('has its socket closed, and its thread leaves the server', async () => {
      const { pool } = open();
      const held = await pool.getConnection();
      held.destroy();
      await expect.poll(() => stage.proxy.connections(), patient).toBe(0);
      await expect.poll(() => stage.server.threads(), patient).toEqual([]);
    });
  });

  test('on which a read-only server refused a write is replaced with all its siblings when writes are taken again', async () => {
    const { pool, evicted } = open(3);
    await warm(pool, 3);
    const held = await pool.getConnection();
    await stage.server.admin('SET GLOBAL read_only = 1');
    expect(await failureOf(held.query(insertOne))).toMatchObject({ errno: 1290 });
    held.release();
    await warm(pool, 3);
    expect(evicted).toEqual([]);
    await stage.server.admin('SET GLOBAL read_only = 0');
    // Another server may have taken over: somebody asks beside what the pool is used for.
    await expect
      .poll(async () => [await warm(pool, 3), evicted.map(({ reason }) => reason)][1], patient)
      .toEqual(['server', 'server', 'server']);
  });

  test('is waited for while the server is down, and then works', async () => {
    const { pool } = open(2, { acquireTimeout: 30_000 });
    await warm(pool, 2);
    await stage.server.stop();
    const both = later(Promise.all([pool.getConnection(), pool.getConnection()]));
    await stage.server.start();
    for (const connection of await both) expect((await connection.query('SELECT 1 AS one'))[0]).toEqual([{ one: 1 }]);
  });

  test('whose making fails after its caller stopped waiting crashes nothing, and does not keep its place', async () => {
    const { pool } = open(1, { maxRetryTime: 50 });
    stage.proxy.set('hold');
    expect(await failureOf(pool.getConnection())).toBeInstanceOf(AcquireTimeoutError);
    stage.proxy.resetAll();
    stage.proxy.set('pass');
    const patientPool = pool.$resilience({ maxRetryTime: 20_000 });
    expect((await patientPool.query('SELECT 1 AS one'))[0]).toEqual([{ one: 1 }]);
  });

  test('proves that a statement was not executed whose connection was lost while it was prepared', async () => {
    const { pool } = open();
    const held = await pool.getConnection();
    const resets = resetAt(stage.proxy, insertOne);
    const error = await failureOf(held.execute(insertOne));
    resets.stop();
    held.release();
    expect(classify(error)).toMatchObject({ kind: 'connection-lost', outcome: 'not-executed' });
    expect(await stage.rows()).toEqual([]);
  });
});

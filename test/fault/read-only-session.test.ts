import { createPool } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { transaction, withResilience } from '../../adapters/mysql2/index.ts';
import type { EvictEvent, ResilienceOptions, RetryEvent } from '../../src/index.ts';
import { failureOf } from '../contract/outcome.ts';
import { unhurried, useStage } from '../support/stage.ts';

const insertOne = 'INSERT INTO stage_rows (id) VALUES (1)';

describe('a session that its user left READ ONLY', unhurried, () => {
  const stage = useStage('readonly');

  function open(connectionLimit = 1, policy: ResilienceOptions = {}) {
    const evicted: EvictEvent[] = [];
    const retried: RetryEvent[] = [];
    const pool = withResilience(createPool({ ...stage.proxied(), connectionLimit }), {
      ...policy,
      onEvict: (event) => evicted.push(event),
      onRetry: (event) => retried.push(event),
    });
    return { pool: stage.closing(pool), evicted, retried };
  }

  const readOnly = 'SET SESSION TRANSACTION READ ONLY';

  /** In a way that nobody can see: no flag of the server tells of it, and the text that does is in the server. */
  async function leaveReadOnly(pool: ReturnType<typeof open>['pool']): Promise<number> {
    const held = await pool.getConnection();
    await held.query(`PREPARE become_read_only FROM '${readOnly}'`);
    await held.query('EXECUTE become_read_only');
    const { threadId } = held;
    held.release();
    return threadId;
  }

  test('is given up before anybody meets it, where its text is seen', async () => {
    const { pool, evicted, retried } = open();
    const held = await pool.getConnection();
    await held.query(readOnly);
    const { threadId } = held;
    held.release();
    await pool.query(insertOne);
    expect(await stage.rows()).toEqual([1]);
    expect(evicted).toEqual([{ reason: 'dirty', threadId }]);
    expect(retried).toEqual([]);
  });

  test.each(['query', 'execute'] as const)(
    'is given up, and the statement is sent on another one: %s',
    async (method) => {
      const { pool, evicted, retried } = open();
      const threadId = await leaveReadOnly(pool);
      await (method === 'query' ? pool.query(insertOne) : pool.execute(insertOne));
      expect(await stage.rows()).toEqual([1]);
      expect(evicted).toEqual([{ reason: 'lost', threadId }]);
      expect(retried).toHaveLength(1);
      expect(retried[0]?.failure).toMatchObject({ errno: 1792, outcome: 'not-executed', kind: 'read-only' });
    },
  );

  test.each([
    ['READ ONLY', readOnly],
    ['without autocommit', 'SET autocommit = 0'],
    ['in a transaction', 'BEGIN'],
  ])('on a pool that was used before it was wrapped, %s: the statement is sent on another one', async (_how, text) => {
    const bare = stage.closing(createPool({ ...stage.proxied(), connectionLimit: 1 }));
    const held = await bare.getConnection();
    await held.query(text);
    const { threadId } = held;
    held.release();
    const retried: RetryEvent[] = [];
    const pool = withResilience(bare, { onRetry: (event) => retried.push(event) });
    await pool.query(insertOne);
    expect(await stage.rows()).toEqual([1]);
    expect(retried).toHaveLength(1);
    const next = await pool.getConnection();
    expect(next.threadId).not.toBe(threadId);
    next.release();
  });

  test('says nothing of the other sessions of the pool', async () => {
    const { pool, evicted } = open(3);
    const others = await Promise.all([pool.getConnection(), pool.getConnection()]);
    const threadId = await leaveReadOnly(pool);
    const ids = others.map((other) => other.threadId);
    // The next write gets the one that was given back, for the others are in use.
    await pool.query(insertOne);
    for (const other of others) other.release();
    const after = await Promise.all([pool.getConnection(), pool.getConnection(), pool.getConnection()]);
    expect(after.map((connection) => connection.threadId)).toEqual(expect.arrayContaining(ids));
    for (const connection of after) connection.release();
    expect(evicted).toEqual([{ reason: 'lost', threadId }]);
    expect(await stage.rows()).toEqual([1]);
  });

  test('in which a transaction meets it: the error itself, once, and the next one meets another session', async () => {
    const { pool, evicted } = open();
    const threadId = await leaveReadOnly(pool);
    const write = () => transaction(pool, (tx) => tx.query(insertOne));
    expect(await failureOf(write())).toMatchObject({ errno: 1792 });
    expect(evicted).toEqual([{ reason: 'dirty', threadId }]);
    await write();
    expect(await stage.rows()).toEqual([1]);
  });

  test('by a transaction of its own: the error itself, never again, on a session that lives', async () => {
    const { pool, retried } = open();
    await pool.query('SELECT 1');
    const held = await pool.getConnection();
    await held.query('START TRANSACTION READ ONLY');
    expect(await failureOf(held.query(insertOne))).toMatchObject({ errno: 1792 });
    expect(await held.query('SELECT id FROM stage_rows')).toMatchObject([[], expect.anything()]);
    await held.query('COMMIT');
    held.release();
    expect(retried).toEqual([]);
  });

  test('by the pool itself, for all its sessions: the error itself, and no connection is lost to it', async () => {
    const { pool, evicted, retried } = open();
    pool.on('connection', (connection) => {
      (connection as unknown as { query(sql: string): void }).query(readOnly);
    });
    expect(await failureOf(pool.query(insertOne))).toMatchObject({ errno: 1792 });
    expect(evicted).toEqual([]);
    expect(retried).toEqual([]);
  });
});

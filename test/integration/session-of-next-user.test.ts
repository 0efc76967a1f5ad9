import { once } from 'node:events';
import {
  type PoolConnection as CallbackConnection,
  type Pool as CallbackPool,
  createPool as createCallbackPool,
} from 'mysql2';
import { createPool, type Pool, type PoolConnection } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { type Resilient, withResilience } from '../../adapters/mysql2/index.ts';
import type { EvictEvent } from '../../src/index.ts';
import { unhurried, useStage } from '../support/stage.ts';

const insertOne = 'INSERT INTO stage_rows (id) VALUES (1)';
const ignore = () => {};

interface SessionRow {
  readonly id: number;
  readonly autocommit: number;
  readonly db: string;
}

describe('the user of a connection that somebody has given back', unhurried, () => {
  const stage = useStage('next-user');

  function open(options: object = {}): { pool: Resilient<Pool>; evicted: EvictEvent[] } {
    const evicted: EvictEvent[] = [];
    const pool = createPool({ ...stage.direct(), connectionLimit: 1, multipleStatements: true, ...options });
    const resilient = withResilience(pool, { onEvict: (event) => evicted.push(event) });
    return { pool: stage.closing(resilient), evicted };
  }

  /** What a new connection of the pool is like, whoever had one before. */
  const session = async (pool: Pool): Promise<SessionRow> => {
    const [rows] = await pool.query('SELECT CONNECTION_ID() AS id, @@autocommit AS autocommit, DATABASE() AS db');
    return (rows as SessionRow[])[0] as SessionRow;
  };

  /** A second database and procedures, as root makes them. */
  async function prepareServer(): Promise<string> {
    const other = `${String(stage.direct().database)}_other`;
    await stage.asRoot(async (root) => {
      await root.query(`CREATE DATABASE IF NOT EXISTS ${other}`);
      await root.query('DROP PROCEDURE IF EXISTS stage_begin_and_fail');
      await root.query(`CREATE PROCEDURE stage_begin_and_fail() BEGIN
        START TRANSACTION; INSERT INTO stage_rows (id) VALUES (1); SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'; END`);
      const [[row]] = (await root.query('SELECT USER() AS user')) as unknown as [[{ user: string }]];
      expect(row.user).toContain('root');
      const [grantees] = (await root.query(
        `SELECT CONCAT("'", user, "'@'", host, "'") AS grantee FROM mysql.user WHERE user = '${stage.user}'`,
      )) as unknown as [{ grantee: string }[]];
      for (const { grantee } of grantees) await root.query(`GRANT ALL ON ${other}.* TO ${grantee}`);
    });
    stage.after(() => stage.server.admin(`DROP DATABASE IF EXISTS ${other}`));
    return other;
  }

  type Use = (held: PoolConnection, other: string) => Promise<unknown>;
  /** mysql2 types it as a promise's. */
  const core = (held: PoolConnection) => held.connection as unknown as CallbackConnection;
  const emit = async (held: PoolConnection, sql: string) => {
    const command = core(held).query(sql);
    command.on('error', ignore);
    await once(command, 'end');
  };
  const uses: readonly (readonly [how: string, use: Use])[] = [
    ['BEGIN, and no end of it', (held) => held.query('BEGIN')],
    ['BEGIN that nobody waits for', async (held) => void held.query('BEGIN').catch(ignore)],
    ['BEGIN and a SELECT as several statements', (held) => held.query('START TRANSACTION; SELECT 1')],
    ['BEGIN behind a SELECT', (held) => held.query('SELECT 1; START TRANSACTION')],
    ['BEGIN, without a callback', (held) => emit(held, 'BEGIN')],
    ['BEGIN and a SELECT, read as a stream', (held) => core(held).query('BEGIN; SELECT 1').stream().toArray()],
    ['SET autocommit = 0', (held) => held.query('SET autocommit = 0')],
    ['SET autocommit = 0, then a SELECT', (held) => held.query('SET autocommit = 0; SELECT 1')],
    ['SET autocommit = 0, prepared', (held) => held.execute('SET autocommit = 0')],
    ['a procedure that fails in a transaction of its own', (held) => held.query('CALL stage_begin_and_fail()')],
    ['the same, prepared', (held) => held.execute('CALL stage_begin_and_fail()')],
    ['the same, without a callback', (held) => emit(held, 'CALL stage_begin_and_fail()')],
    ['several statements, of which one fails', (held) => held.query('BEGIN; SELECT no_such_column')],
    ['USE of another database', (held, other) => held.query(`USE ${other}`)],
    ['USE of another database behind a SELECT', (held, other) => held.query(`SELECT 1; USE ${other}; SELECT 2`)],
    ['USE of another database, without a callback', (held, other) => emit(held, `USE ${other}`)],
    ['changeUser() to another database', (held, other) => held.changeUser({ database: other })],
    ['changeUser() to the same user', (held) => held.changeUser({})],
    ['SET SESSION TRANSACTION READ ONLY', (held) => held.query('SET SESSION TRANSACTION READ ONLY')],
    ['SET TRANSACTION READ ONLY', (held) => held.query('SET TRANSACTION READ ONLY')],
  ];

  test.each(uses)('has one as the pool makes it after %s', async (_, use) => {
    const other = await prepareServer();
    const { pool, evicted } = open();
    const { db } = await session(pool);
    const held = await pool.getConnection();
    const { threadId } = held;
    await use(held, other).catch(ignore);
    held.release();
    expect(await session(pool)).toEqual({ id: expect.not.toBeOneOf([threadId]), autocommit: 1, db });
    expect(evicted).toEqual([{ reason: 'dirty', threadId }]);
    await pool.query('INSERT INTO stage_rows (id) VALUES (2)');
    expect(await stage.rows()).toEqual([2]);
  });

  const kept: readonly (readonly [how: string, use: Use])[] = [
    ['SET NAMES', (held) => held.query('SET NAMES utf8mb4')],
    ['a variable of its own', (held) => held.query('SET @x = 1')],
    ['a refused INSERT', (held) => held.query('INSERT INTO stage_rows (no_such_column) VALUES (1);')],
    ['a SELECT that fails, prepared', (held) => held.execute('SELECT no_such_column')],
    ['USE of its own database', (held) => held.query(`USE ${String(stage.direct().database)}`)],
    [
      'a read-only transaction',
      async (held) => {
        await held.query('SET TRANSACTION READ ONLY');
        await held.query('START TRANSACTION');
        await held.query('SELECT id FROM stage_rows');
        await held.query('COMMIT');
      },
    ],
    ['reset()', (held) => held.reset()],
    ['ping()', (held) => held.ping()],
    [
      'BEGIN and ROLLBACK in a read that is a stream',
      (held) => core(held).query('BEGIN; ROLLBACK; SELECT 1').stream().toArray(),
    ],
    [
      'a procedure that fails in a transaction, then ROLLBACK',
      async (held) => {
        await held.query('CALL stage_begin_and_fail()').catch(ignore);
        await held.query('ROLLBACK');
      },
    ],
  ];

  test.each(kept)('has the same one after %s', async (_, use) => {
    await prepareServer();
    const { pool, evicted } = open();
    const held = await pool.getConnection();
    const { threadId } = held;
    await use(held, '').catch(ignore);
    held.release();
    const next = await session(pool);
    expect(evicted).toEqual([]);
    expect(next.id).toBe(threadId);
  });

  test('has one that a listener of the pool has prepared, and gives it back as that', async () => {
    const other = await prepareServer();
    const { pool, evicted } = open();
    pool.pool.on('connection', (connection) => {
      connection.query('SET autocommit = 0');
      connection.query(`USE ${other}`);
    });
    const first = await session(pool);
    expect(first).toMatchObject({ autocommit: 0, db: other });
    expect(await session(pool)).toEqual(first);
    expect(evicted).toEqual([]);
    const held = await pool.getConnection();
    await held.query('SET autocommit = 1');
    held.release();
    expect(await session(pool)).toMatchObject({ autocommit: 0, id: expect.not.toBeOneOf([first.id]) });
  });

  test.each([{ compress: true }, { multipleStatements: false }, { flags: ['-SESSION_TRACK'] }])(
    'has one as the pool makes it with the options $0',
    async (options) => {
      const other = await prepareServer();
      const { pool } = open(options);
      const first = await session(pool);
      for (const sql of ['BEGIN', `USE ${other}`, 'SET autocommit = 0']) {
        const held = await pool.getConnection();
        await held.query(sql);
        await held.query('SELECT 1');
        held.release();
        expect(await session(pool)).toMatchObject({ autocommit: 1, db: first.db });
      }
    },
  );

  test('has one as the pool makes it on a callback pool', async () => {
    const bare: CallbackPool = createCallbackPool({ ...stage.direct(), connectionLimit: 1 });
    const pool = withResilience(bare);
    stage.closing(bare.promise());
    await new Promise<void>((resolve, reject) => {
      pool.getConnection((error, held) => {
        if (error) reject(error);
        held.query('BEGIN', () => {
          held.query(insertOne, () => {
            held.query('SELECT id FROM stage_rows', () => {
              held.release();
              resolve();
            });
          });
        });
      });
    });
    await new Promise<void>((resolve, reject) => {
      pool.query('INSERT INTO stage_rows (id) VALUES (2)', (error) => (error ? reject(error) : resolve()));
    });
    expect(await stage.rows()).toEqual([2]);
  });
});

import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/mysql2';
import { type Pool as CallbackPool, createPool as createCallbackPool } from 'mysql2';
import { createPool, type Pool } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { withResilience as withResilientDatabase } from '../../adapters/drizzle/index.ts';
import { transaction, withResilience } from '../../adapters/mysql2/index.ts';
import { originalErrorOf } from '../../adapters/prisma/index.ts';
import { classify, OutcomeUnknownError, type RetryEvent, SessionBoundError } from '../../src/index.ts';
import { failureOf } from '../contract/outcome.ts';
import { createBareClient } from '../support/prisma/extended-client.ts';
import { type Stage, unhurried, useStage } from '../support/stage.ts';

const insertOne = 'INSERT INTO stage_rows (id) VALUES (1)';

/** Sends one statement through a pool, on its own. `pool` is mysql2's, below whatever sends it. */
interface Way {
  readonly pool: CallbackPool;
  /** How many connections it makes before the first statement. Default 0. */
  readonly connects?: number;
  send(text: string): Promise<unknown>;
}

const settings = { connectionLimit: 1 } as const;

function promisePool(stage: Stage, options: object = {}): Pool {
  return stage.closing(createPool({ ...stage.direct(), ...settings, ...options }));
}

const ways: readonly (readonly [name: string, open: (stage: Stage) => Way])[] = [
  [
    'query()',
    (stage) => {
      const pool = promisePool(stage);
      const resilient = withResilience(pool);
      return { pool: pool.pool, send: (text) => resilient.query(text) };
    },
  ],
  [
    'execute(), with options',
    (stage) => {
      const pool = promisePool(stage);
      const resilient = withResilience(pool);
      return { pool: pool.pool, send: (text) => resilient.execute({ sql: text }) };
    },
  ],
  [
    'query() of a callback pool',
    (stage) => {
      const pool = createCallbackPool({ ...stage.direct(), ...settings });
      stage.closing(pool.promise());
      const resilient = withResilience(pool);
      const send = (text: string) =>
        new Promise((resolve, reject) =>
          resilient.query(text, (error, rows) => (error ? reject(error) : resolve(rows))),
        );
      return { pool, send };
    },
  ],
  [
    'Drizzle',
    (stage) => {
      const pool = promisePool(stage);
      const db = withResilientDatabase(drizzle(pool));
      return { pool: pool.pool, send: async (text) => await db.execute(sql.raw(text)) };
    },
  ],
  [
    'PrismaMySQL2',
    (stage) => {
      const pool = promisePool(stage);
      const prisma = createBareClient(stage, 'PrismaMySQL2', { pool });
      // It asks what server this is.
      return { pool: pool.pool, connects: 1, send: async (text) => await prisma.$executeRawUnsafe(text) };
    },
  ],
];

/** What nobody can use on a pool, unless it has one connection that is never lost. */
const sessionBound = [
  'BEGIN',
  '/* a monitor */ start transaction read only;',
  'COMMIT',
  'ROLLBACK',
  'SAVEPOINT a',
  'RELEASE SAVEPOINT a',
  'SET autocommit = 0',
  'SET @@session.autocommit = off',
  'SET TRANSACTION READ ONLY',
  'SET SESSION TRANSACTION READ ONLY',
  'LOCK TABLES stage_rows WRITE',
  'UNLOCK TABLES',
  'USE app',
  "XA START 'x'",
  'HANDLER stage_rows OPEN',
];

describe.each(ways)('a statement that is sent through a pool by %s', unhurried, (_name, open) => {
  const stage = useStage('lone');

  test.each(sessionBound)('and has its effect in one session is refused before anything is sent: %s', async (text) => {
    const { pool, connects = 0, send } = open(stage);
    let connections = 0;
    pool.on('connection', () => {
      connections += 1;
    });
    const thrown = await failureOf(send(text));
    const error = originalErrorOf(thrown) ?? thrown;
    expect(error).toBeInstanceOf(SessionBoundError);
    expect(error).toMatchObject({ code: 'ERR_GONE_AWAY_SESSION_BOUND', failure: { outcome: 'not-executed' } });
    expect((error as Error).message).toMatch(/was not sent. Use a transaction, or a connection that you hold/);
    expect(connections).toBe(connects);
  });

  test('is durable when it is acknowledged, whatever was left open on a session before it', async () => {
    await stage.asRoot(async (root) => {
      await root.query('DROP PROCEDURE IF EXISTS stage_begin_and_fail');
      await root.query(`CREATE PROCEDURE stage_begin_and_fail() BEGIN
        START TRANSACTION; INSERT INTO stage_rows (id) VALUES (7); SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'; END`);
    });
    const { pool, send } = open(stage);
    const failed = await failureOf(
      new Promise((resolve, reject) =>
        pool.query('CALL stage_begin_and_fail()', (error, rows) => (error ? reject(error) : resolve(rows))),
      ),
    );
    expect(failed).toMatchObject({ errno: 1644 });
    await send(insertOne);
    await send('INSERT INTO stage_rows (id) VALUES (2)');
    // What the pool still holds open is undone.
    await new Promise<void>((resolve) => pool.end(() => resolve()));
    expect(await stage.rows()).toEqual(expect.arrayContaining([1, 2]));
  });
});

describe('on a pool', unhurried, () => {
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

  test('a write that ran into the transaction of somebody else is undone with it, and sent again', async () => {
    const retries: RetryEvent[] = [];
    const pool = withResilience(promisePool(stage), { onRetry: (event) => retries.push(event) });
    const held = await pool.getConnection();
    held.release();
    // Somebody goes on with a connection that is no longer his: on a bare pool, too.
    held.query('BEGIN').catch(() => {});
    await pool.query(insertOne);
    expect(await stage.rows()).toEqual([1]);
    expect(retries.map(({ failure }) => failure.outcome)).toEqual(['rolled-back']);
  });
});

describe('on a pool whose sessions begin without autocommit', unhurried, () => {
  const stage = useStage('lone-autocommit');

  const hooked = () => {
    const pool = promisePool(stage);
    pool.pool.on('connection', (connection) => void connection.query('SET autocommit = 0'));
    return withResilience(pool);
  };

  test('a write on its own is refused before it is sent', async () => {
    const pool = hooked();
    for (const send of [() => pool.query(insertOne), () => pool.execute(insertOne)]) {
      const error = await failureOf(send());
      expect(error).toBeInstanceOf(SessionBoundError);
      expect(classify(error)).toMatchObject({ outcome: expect.stringMatching(/^(rolled-back|not-executed)$/) });
    }
    expect(await stage.rows()).toEqual([]);
  });

  test('reads are answered, transactions are durable, and what commits by itself is sent', async () => {
    const pool = hooked();
    await transaction(pool, (tx) => tx.query(insertOne));
    const held = await pool.getConnection();
    await held.query('INSERT INTO stage_rows (id) VALUES (2)');
    await held.query('COMMIT');
    held.release();
    await pool.query('CREATE TABLE IF NOT EXISTS stage_made (id INT)');
    expect((await pool.query('SELECT id FROM stage_rows ORDER BY id'))[0]).toEqual([{ id: 1 }, { id: 2 }]);
    await pool.query('DROP TABLE stage_made');
  });

  test('by a setting that the server does not tell of, a write is undone, and nobody is told that it was done', async () => {
    await stage.asRoot((root) => root.query("SET GLOBAL init_connect = 'SET autocommit = 0'"));
    stage.after(() => stage.asRoot((root) => root.query("SET GLOBAL init_connect = ''")));
    const pool = withResilience(promisePool(stage));
    const error = await failureOf(pool.query(insertOne));
    expect(error).toBeInstanceOf(SessionBoundError);
    expect(classify(error)).toMatchObject({ outcome: expect.stringMatching(/^(rolled-back|not-executed)$/) });
    expect(await stage.rows()).toEqual([]);
    await transaction(pool, (tx) => tx.query(insertOne));
    expect(await stage.rows()).toEqual([1]);
  });
});

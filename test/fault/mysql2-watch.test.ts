import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { PassThrough, Readable } from 'node:stream';
import { int, mysqlTable } from 'drizzle-orm/mysql-core';
import { drizzle } from 'drizzle-orm/mysql2';
import { createPool, type Pool, type QueryOptions, type RowDataPacket } from 'mysql2/promise';
import { beforeEach, describe, expect, test } from 'vitest';
import { withResilience as withResilientDrizzle } from '../../adapters/drizzle/index.ts';
import { type Resilient, transaction, withResilience } from '../../adapters/mysql2/index.ts';
import { OutcomeUnknownError, type ResilienceOptions, type SessionKilledEvent } from '../../src/index.ts';
import { failureOf, later } from '../contract/outcome.ts';
import { blockEventLoop } from '../support/block-event-loop.ts';
import type { FaultProxy } from '../support/proxy/fault-proxy.ts';
import { recordStatements } from '../support/proxy/record-statements.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';

const watch = { after: 150, timeout: 400 } as const;
const stageRows = mysqlTable('stage_rows', { seq: int().autoincrement().primaryKey(), id: int().notNull() });

const routines = [
  'CREATE PROCEDURE slow_insert(IN given INT) BEGIN DO SLEEP(1.5); INSERT INTO stage_rows (id) VALUES (given); END',
  'CREATE FUNCTION slow_number() RETURNS INT NO SQL BEGIN DO SLEEP(1.5); RETURN 0; END',
  'CREATE TRIGGER slow_trigger BEFORE INSERT ON stage_keyed FOR EACH ROW SET NEW.id = NEW.id + slow_number()',
];

describe('a statement that has had no answer for `watch.after`', unhurried, () => {
  const stage = useStage('watch');

  const open = (policy: ResilienceOptions = {}, options: object = stage.routed()): Resilient<Pool> =>
    stage.closing(withResilience(createPool({ ...options, connectionLimit: 5 }), { watch, ...policy }));
  const read = async (pool: Pool) => (await pool.query('SELECT id FROM stage_rows ORDER BY seq'))[0];
  const insert = (pool: Pick<Pool, 'query'>, id: number) => pool.query('INSERT INTO stage_rows (id) VALUES (?)', [id]);
  const events = (): SessionKilledEvent[] => {
    const found: SessionKilledEvent[] = [];
    const listener = (event: unknown) => found.push(event as SessionKilledEvent);
    subscribe('gone-away:session-killed', listener);
    stage.after(async () => unsubscribe('gone-away:session-killed', listener));
    return found;
  };

  /**
   * The next connection that speaks loses what it says, or what it is told, for ever; others work. Called before the statement is sent;
   * what it returns resolves when the bytes are lost.
   */
  const lose = async (direction: 'c2s' | 's2c', path: FaultProxy = stage.router): Promise<void> => {
    const lost = new Promise<void>((resolve) => {
      const hook = () => {
        stop();
        // After the chunk was lost by the rule that is in force.
        setImmediate(() => {
          path.set('pass');
          resolve();
        });
        return undefined;
      };
      const stop = direction === 'c2s' ? path.onClientData(hook) : path.onServerData(hook);
    });
    path.set(`drop-${direction}`);
    await lost;
  };

  describe('and that the server still executes', () => {
    test('is waited for: a slow query', async () => {
      const pool = open();
      const sent = recordStatements(stage.router);
      const [rows] = await pool.query('SELECT SLEEP(1.5) AS slept');
      expect(rows).toEqual([{ slept: 0 }]);
      expect(sent.count('.processlist')).toBeGreaterThan(2);
    });

    test('is waited for where the server shows no more than one row of any answer', async () => {
      const show = (rows: string) => stage.server.admin(`SET GLOBAL sql_select_limit = ${rows}`);
      await show('1');
      stage.after(() => show('DEFAULT'));
      const pool = open();
      const sent = recordStatements(stage.router);
      await Promise.all([1, 2].map((id) => pool.query('INSERT INTO stage_rows (id) SELECT ? + SLEEP(1.5)', [id])));
      await show('DEFAULT');
      expect((await stage.rows()).toSorted()).toEqual([1, 2]);
      expect(sent.count('.processlist')).toBeGreaterThan(2);
    });

    test.each([
      ['its sessions to nobody else', 'app', 'root'],
      ['all sessions to us', 'root', 'app'],
    ] as const)(
      'is waited for where it runs in the name of another user, and the server shows %s',
      async (_what, user, definer) => {
        // Without it, only an administrator may make a trigger where there is a binary log.
        await stage.server.admin('SET GLOBAL log_bin_trust_function_creators = 1');
        const maker = stage.closing(createPool(stage.direct(definer)));
        for (const one of ['PROCEDURE slow_insert', 'FUNCTION slow_number'])
          await stage.server.admin(`DROP ${one.replace(' ', ' IF EXISTS ')}`);
        for (const sql of routines) await maker.query(sql);
        const pool = open({}, stage.routed(user));
        const sent = recordStatements(stage.router);
        const held = await pool.getConnection();
        const answers = await Promise.all([
          pool.query('SELECT slow_number() AS number'),
          pool.query('CALL slow_insert(1)'),
          held.query('CALL slow_insert(2)'),
          transaction(pool, (tx) => tx.query('CALL slow_insert(3)')),
          pool.query('INSERT INTO stage_keyed (id) VALUES (1)'),
        ]);
        held.release();
        await maker.query('DROP TRIGGER slow_trigger');
        expect(answers[0][0]).toEqual([{ number: 0 }]);
        expect((await stage.rows()).toSorted()).toEqual([1, 2, 3]);
        expect(sent.count('.processlist')).toBeGreaterThan(2);
      },
    );

    test('is waited for: a statement behind a lock, in a transaction and outside', async () => {
      const pool = open();
      const unlock = await stage.lock();
      const held = await pool.getConnection();
      await held.query('BEGIN');
      const writes = later(Promise.all([insert(pool, 1), insert(held, 2)]));
      const sent = recordStatements(stage.router);
      await expect.poll(() => sent.count('.processlist'), patient).toBeGreaterThan(6);
      await unlock();
      await writes;
      await held.query('COMMIT');
      held.release();
      expect([...((await read(pool)) as { id: number }[])].map(({ id }) => id).sort()).toEqual([1, 2]);
    });

    test('is waited for when the control connection is lost again and again', async () => {
      const pool = open({ watch: { ...watch, timeout: 20_000 } });
      const unlock = await stage.lock();
      const write = later(insert(pool, 1));
      await stage.inFlight(1);
      let cuts = 0;
      const stop = stage.router.onClientData((chunk, connection) => {
        if (!chunk.includes('.processlist')) return undefined;
        cuts += 1;
        if (cuts <= 6) connection.reset();
        return undefined;
      });
      await expect.poll(() => cuts, patient).toBeGreaterThan(9);
      stop();
      await unlock();
      await write;
      expect(await stage.rows()).toEqual([1]);
    });

    test('is waited for when the server has no place for the control connection', async () => {
      const pool = open({ watch: { ...watch, timeout: 100 } });
      const unlock = await stage.lock();
      await stage.server.admin('SET GLOBAL max_connections = 10');
      const others = stage.closing(createPool({ ...stage.direct(), connectionLimit: 20 }));
      const write = later(insert(pool, 1));
      await stage.inFlight(1);
      const held = [];
      for (;;) {
        const connection = await others.getConnection().catch(() => undefined);
        if (connection === undefined) break;
        held.push(connection);
      }
      const before = stage.router.bytesS2c;
      await expect.poll(() => stage.router.bytesS2c, patient).toBeGreaterThan(before + 100);
      for (const connection of held) connection.release();
      await others.end();
      await unlock();
      await write;
      expect(await stage.rows()).toEqual([1]);
    });

    test('is waited for behind a proxy, where ids and addresses mean nothing, even if its thread sleeps', async () => {
      const pool = open({}, stage.proxied());
      await insert(pool, 1);
      const lost = lose('c2s', stage.proxy);
      const controller = new AbortController();
      const answer = later(failureOf(pool.$resilience({ signal: controller.signal }).query('SELECT 1')));
      await lost;
      const sent = recordStatements(stage.proxy);
      await expect.poll(() => sent.count('.processlist'), patient).toBeGreaterThan(4);
      controller.abort();
      expect(await answer).toMatchObject({ name: 'AbortError' });
    });
  });

  describe.each(['c2s', 's2c'] as const)('on a path that is half-open (%s)', (direction) => {
    test('is answered by another connection, if it is a safe read', async () => {
      const retried: string[] = [];
      const pool = open({ onRetry: ({ failure }) => retried.push(failure.kind) });
      await insert(pool, 1);
      const lost = lose(direction);
      const answer = read(pool);
      await lost;
      expect(await answer).toEqual([{ id: 1 }]);
      expect(retried).toEqual(['connection-lost']);
    });

    test('is unknown, if it is a write, and its thread is stopped', async () => {
      const found = events();
      const pool = open();
      const [[row]] = await pool.query<RowDataPacket[]>('SELECT CONNECTION_ID() AS id');
      const lost = lose(direction);
      const failure = failureOf(insert(pool, 1));
      await lost;
      const error = await failure;
      expect(error).toBeInstanceOf(OutcomeUnknownError);
      expect(error).toMatchObject({ failure: { kind: 'connection-lost', outcome: 'unknown', code: 'ECONNABORTED' } });
      await expect.poll(() => found, patient).toMatchObject([{ threadId: row?.id, result: 'gone' }]);
      expect(await stage.rows()).toEqual(direction === 'c2s' ? [] : [1]);
    });

    test('ends its transaction, whose locks are free then', async () => {
      const db = withResilientDrizzle(drizzle(stage.closing(createPool({ ...stage.routed() }))), { watch });
      await stage.server.admin('INSERT INTO stage_keyed (id) VALUES (1)');
      const failure = failureOf(
        db.transaction(async (tx) => {
          await tx.execute('UPDATE stage_keyed SET writes = 7 WHERE id = 1');
          const lost = lose(direction);
          const next = later(tx.insert(stageRows).values({ id: 1 }).execute());
          await lost;
          await next;
        }),
      );
      expect(await failure).toMatchObject({ cause: { code: 'ECONNABORTED' } });
      await stage.server.admin('UPDATE stage_keyed SET writes = 2 WHERE id = 1');
      expect(await stage.server.admin('SELECT writes FROM stage_keyed')).toEqual([{ writes: 2 }]);
      expect(await stage.rows()).toEqual([]);
    });

    test('is told to the user of a connection from getConnection(), and nothing is sent again', async () => {
      const pool = open();
      const held = await pool.getConnection();
      await held.query('SELECT 1');
      const lost = lose(direction);
      const failure = failureOf(held.query('SELECT 2'));
      await lost;
      const sent = recordStatements(stage.router);
      expect(await failure).toMatchObject({ code: 'ECONNABORTED', fatal: true });
      held.release();
      expect(sent.count('SELECT 2')).toBe(0);
      expect(await read(pool)).toEqual([]);
    });
  });

  test('frees its locks for its transaction, which runs again, also if the server could not be asked at first', async () => {
    const retried: string[] = [];
    const pool = open({ onRetry: ({ failure }) => retried.push(failure.kind) });
    await stage.server.admin('INSERT INTO stage_keyed (id, writes) VALUES (1, 0)');
    const heal = stage.router.onClientData((chunk, connection) => {
      if (chunk.includes('.processlist')) connection.reset();
      return undefined;
    });
    const attempts: number[] = [];
    const done = later(
      transaction(
        pool,
        async (connection, { attempt }) => {
          attempts.push(attempt);
          await connection.query('UPDATE stage_keyed SET writes = writes + 1 WHERE id = 1');
          if (attempt > 1) return;
          void stage.router.cutAfter('s2c', 0, 'silence');
          await insert(connection, 1);
        },
        { rerun: true },
      ),
    );
    await stage.inFlightBehindRow();
    heal();
    await done;
    expect(attempts).toEqual([1, 2]);
    expect(retried).toEqual(['connection-lost']);
    expect(await stage.server.admin('SELECT writes FROM stage_keyed')).toEqual([{ writes: 1 }]);
    expect(await stage.rows()).toEqual([]);
  });

  test.each(['BEGIN', 'COMMIT'])('is judged by what it was: %s', async (statement) => {
    const db = withResilientDrizzle(drizzle(stage.closing(createPool({ ...stage.routed() }))), { watch });
    await db.execute('SELECT 1');
    let ran = 0;
    let lost = statement === 'BEGIN' ? lose('c2s') : undefined;
    const work = db.transaction(async (tx) => {
      ran += 1;
      await tx.insert(stageRows).values({ id: ran });
      if (statement === 'COMMIT') lost = lose('c2s');
    });
    work.catch(() => {});
    if (statement === 'BEGIN') {
      await lost;
      await work;
      expect(await stage.rows()).toEqual([1]);
    } else {
      const error = await failureOf(work);
      await lost;
      expect(error).toBeInstanceOf(OutcomeUnknownError);
      await expect.poll(() => stage.server.threads(), patient).toHaveLength(1);
      expect(await stage.rows()).toEqual([]);
    }
    expect(ran).toBe(1);
  });

  describe('and whose file for LOAD DATA LOCAL', () => {
    beforeEach(() => stage.server.admin('SET GLOBAL local_infile = 1'));
    const load = (pool: Pool, file: Readable) => {
      const sql = "LOAD DATA LOCAL INFILE 'rows' INTO TABLE stage_rows (id)";
      return pool.query({ sql, infileStreamFactory: () => file } as QueryOptions);
    };

    test('is still being made, is waited for', async () => {
      const pool = open();
      const sent = recordStatements(stage.router);
      const file = new PassThrough();
      const loaded = later(load(pool, file));
      file.write('1\n');
      await expect.poll(() => sent.count('.processlist'), patient).toBeGreaterThan(6);
      file.end('2\n');
      await loaded;
      expect(await stage.rows()).toEqual([1, 2]);
    });

    test('was sent, and waits behind a lock, is waited for', async () => {
      const pool = open();
      await pool.query('SELECT 1');
      const unlock = await stage.lock();
      const sent = recordStatements(stage.router);
      const loaded = later(load(pool, Readable.from([Buffer.from('1\n')])));
      await expect.poll(() => sent.count('.processlist'), patient).toBeGreaterThan(6);
      await unlock();
      await loaded;
      expect(await stage.rows()).toEqual([1]);
    });

    test('was sent and does not arrive, is taken for lost', async () => {
      const pool = open();
      await pool.query('SELECT 1');
      const file = new PassThrough();
      let arrived = false;
      stage.router.onClientData((chunk) => {
        arrived ||= chunk.includes('first');
        return undefined;
      });
      const failed = failureOf(load(pool, file));
      file.write('1\tfirst\n');
      await expect.poll(() => arrived, patient).toBe(true);
      const lost = lose('c2s');
      file.end('2\n');
      await lost;
      expect(await failed).toBeInstanceOf(OutcomeUnknownError);
      await expect.poll(() => stage.server.threads(), patient).toHaveLength(1);
      expect(await stage.rows()).toEqual([]);
    });
  });

  test('ends an iterator whose rows stop coming in the middle', async () => {
    const ids = Array.from({ length: 30_000 }, (_, index) => `(${index})`).join();
    await stage.server.admin(`INSERT INTO stage_rows (id) VALUES ${ids}`);
    const db = withResilientDrizzle(drizzle(stage.closing(createPool({ ...stage.routed() }))), { watch });
    await db.execute('SELECT 1');
    const cut = stage.router.cutAfter('s2c', 100_000, 'silence');
    let rows = 0;
    const error = await failureOf(
      (async () => {
        for await (const _ of await db.select().from(stageRows).prepare().iterator()) rows += 1;
      })(),
    );
    await cut;
    expect(rows).toBeGreaterThan(1_000);
    expect(rows).toBeLessThan(30_000);
    expect(JSON.stringify([error, error.cause])).toContain('ECONN');
  });

  test('does not end an iterator whose reader takes its time', async () => {
    const ids = Array.from({ length: 2_000 }, (_, index) => `(${index})`).join();
    await stage.server.admin(`INSERT INTO stage_rows (id) VALUES ${ids}`);
    const pool = stage.closing(createPool({ ...stage.routed() }));
    const db = withResilientDrizzle(drizzle(pool), { watch });
    const other = open();
    let rows = 0;
    for await (const _ of await db.select().from(stageRows).prepare().iterator()) {
      rows += 1;
      if (rows === 10) await other.query('SELECT SLEEP(1)');
    }
    expect(rows).toBe(2_000);
  });

  test.each([
    {
      kind: 'a black hole',
      begin: async () => stage.router.set('blackhole'),
      end: async () => stage.router.set('pass'),
    },
    { kind: 'a frozen server', begin: () => stage.server.freeze(), end: () => stage.server.thaw() },
    {
      kind: 'a path that loses what clients send',
      begin: async () => stage.router.set('drop-c2s'),
      end: async () => stage.router.set('pass'),
    },
    {
      kind: 'a path that loses what servers send',
      begin: async () => stage.router.set('drop-s2c'),
      end: async () => stage.router.set('pass'),
    },
  ])('ends within `watch.after` and `watch.timeout` in $kind', async ({ begin, end }) => {
    const pool = open({ acquireTimeout: 30_000 });
    await Promise.all([read(pool), read(pool)]);
    await begin();
    const startedAt = performance.now();
    const reading = later(read(pool));
    const error = await failureOf(insert(pool, 1));
    expect(error).toMatchObject({ code: 'ERR_GONE_AWAY_OUTCOME_UNKNOWN', failure: { code: 'ETIMEDOUT' } });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(watch.after + watch.timeout);
    await end();
    await reading;
  });

  test('is taken for lost when its thread is gone, and nobody said so', async () => {
    // Meanwhile the server cannot be asked either, and that is not what is to end it.
    const pool = open({ watch: { ...watch, timeout: 30_000 } });
    const held = await pool.getConnection();
    await held.query('SELECT 1');
    // What the server says of its end goes nowhere.
    stage.router.set('drop-s2c');
    const failure = failureOf(held.query('SELECT SLEEP(60)'));
    await expect
      .poll(
        () =>
          stage.server.admin(
            `SELECT 1 FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP(60)%' AND user = '${stage.user}'`,
          ),
        patient,
      )
      .toHaveLength(1);
    await stage.server.killThread(held.threadId);
    stage.router.set('pass');
    expect(await failure).toMatchObject({ code: 'ECONNABORTED' });
    held.release();
  });

  test('is not taken for lost when its answer came while this process was busy', async () => {
    const pool = open({}, stage.direct());
    await read(pool);
    for (let id = 1; id <= 5; id += 1) {
      const write = later(insert(pool, id));
      await new Promise((resolve) => setImmediate(resolve));
      blockEventLoop(700);
      await write;
    }
    expect(await stage.rows()).toEqual([1, 2, 3, 4, 5]);
  });

  test('is not asked about with `watch: false`', async () => {
    const pool = open({ watch: false });
    const sent = recordStatements(stage.router);
    await pool.query('SELECT SLEEP(0.6)');
    expect(sent.count('processlist')).toBe(0);
  });

  test('takes one control connection for all of them, which is closed afterwards', async () => {
    const pool = open();
    await Promise.all([read(pool), read(pool), read(pool)]);
    const unlock = await stage.lock();
    const reads = later(Promise.all([read(pool), read(pool), read(pool)]));
    const sent = recordStatements(stage.router);
    await expect.poll(() => sent.count('.processlist'), patient).toBeGreaterThan(2);
    expect(stage.router.connections()).toBe(4);
    await unlock();
    await reads;
    await expect.poll(() => stage.router.connections(), patient).toBe(3);
  });
});

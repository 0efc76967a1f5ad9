import { Readable } from 'node:stream';
import { type Pool as CallbackPool, createPool, type ResultSetHeader } from 'mysql2';
import { describe, expect, test } from 'vitest';
import { withResilience } from '../../adapters/mysql2/index.ts';
import { notOurs } from '../support/server/server.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';

describe('a resilient callback pool', unhurried, () => {
  const stage = useStage('mysql2-callback');
  const open = (policy = {}) => {
    const pool = withResilience(createPool({ ...stage.proxied(), connectionLimit: 1 }), policy);
    stage.closing(pool.promise());
    return pool;
  };
  type Answer = readonly [error: unknown, rows?: unknown];
  const answer = (ask: (callback: (error: unknown, rows?: unknown) => void) => unknown): Promise<Answer> =>
    new Promise((resolve) => ask((error, rows) => resolve([error, rows])));

  test('calls back with rows or an error, for every form of arguments', async () => {
    const pool = open();
    expect(await answer((done) => pool.query('SELECT 1 AS a', done))).toEqual([null, [{ a: 1 }]]);
    expect(await answer((done) => pool.query('SELECT ? AS a', [1], done))).toEqual([null, [{ a: 1 }]]);
    expect(await answer((done) => pool.query({ sql: 'SELECT ? AS a', values: [1] }, done))).toEqual([null, [{ a: 1 }]]);
    expect(await answer((done) => pool.query({ sql: 'SELECT ? AS a', rowsAsArray: true }, [1], done))).toEqual([
      null,
      [[1]],
    ]);
    expect(await answer((done) => pool.execute('SELECT 1 AS a', done))).toEqual([null, [{ a: 1 }]]);
    expect(await answer((done) => pool.execute({ sql: 'SELECT ? AS a' }, [1], done))).toEqual([null, [{ a: 1 }]]);
    expect(await answer((done) => pool.query('SELEC 1', done))).toMatchObject([{ errno: 1064 }, undefined]);
    expect(await answer((done) => pool.execute('SELEC 1', done))).toMatchObject([{ errno: 1064 }, undefined]);
  });

  test('calls back with a result beside the error, as the pool itself, where a file could not be read to its end', async ({
    skip,
  }) => {
    skip(...notOurs(stage.server, 'SET GLOBAL would harm it'));
    await stage.server.admin('SET GLOBAL local_infile = 1');
    const load = "LOAD DATA LOCAL INFILE 'any' INTO TABLE stage_rows (id)";
    const file = () => Readable.from(failing());
    const told = async (pool: CallbackPool) => {
      await stage.server.admin('TRUNCATE stage_rows');
      const [error, rows] = await answer((done) => pool.query({ sql: load, infileStreamFactory: file } as never, done));
      const { affectedRows } = rows as ResultSetHeader;
      const unread = await answer((done) => pool.query(load, done));
      return { error, affectedRows, rows: await stage.rows(), unread };
    };
    const bare = createPool(stage.direct());
    stage.after(() => bare.promise().end());
    const expected = await told(bare);
    expect(expected).toMatchObject({ error: new Error('no more'), affectedRows: 2, rows: [1, 2] });
    expect(expected.unread[1]).toBeDefined();
    expect(await told(open())).toEqual(expected);

    async function* failing() {
      yield Buffer.from('1\n2\n');
      throw new Error('no more');
    }
  });

  test('survives, through its callbacks and through promise()', async () => {
    const pool = open();
    for (let round = 1; round <= 5; round += 1) {
      expect(await answer((done) => pool.query('SELECT 1 AS a', done))).toEqual([null, [{ a: 1 }]]);
      stage.proxy.resetAll();
      expect((await pool.promise().query('SELECT 1 AS a'))[0]).toEqual([{ a: 1 }]);
      stage.proxy.resetAll();
    }
    expect(await answer((done) => pool.$resilience({ retries: 1 }).query('SELECT 1 AS a', done))).toEqual([
      null,
      [{ a: 1 }],
    ]);
  });

  test('hands out connections, and takes them back in all ways there are', async () => {
    const pool = open();
    for (const giveBack of ['release', 'releaseConnection', 'destroy'] as const) {
      await new Promise<void>((resolve, reject) => {
        pool.getConnection((error, connection) => {
          if (error) return reject(error);
          if (giveBack === 'releaseConnection') pool.releaseConnection(connection);
          else connection[giveBack]();
          resolve();
        });
      });
    }
    expect(await answer((done) => pool.query('SELECT 1 AS a', done))).toEqual([null, [{ a: 1 }]]);
  });

  test('passes streams and events through, and goes on after them', async () => {
    const pool = open();
    await stage.server.admin('INSERT INTO stage_rows (id) VALUES (1), (2), (3)');
    const streamed: unknown[] = [];
    for await (const row of pool.query('SELECT id FROM stage_rows').stream()) streamed.push(row);
    expect(streamed).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
    const events: unknown[] = [];
    await new Promise<void>((resolve) => {
      const command = pool.query('SELECT id FROM stage_rows WHERE id > 1');
      command.on('result', (row) => events.push(row)).on('end', resolve);
    });
    expect(events).toEqual([{ id: 2 }, { id: 3 }]);
    const error = await new Promise((resolve) => pool.query('SELEC 1').on('error', resolve));
    expect(error).toMatchObject({ errno: 1064 });
    expect(await answer((done) => pool.query('SELECT 1 AS a', done))).toEqual([null, [{ a: 1 }]]);
    expect(stage.proxy.connections()).toBe(1);
  });

  test('says when a command has ended', async () => {
    const pool = open();
    await new Promise<void>((resolve) => pool.query('SELECT 1', () => {}).once('end', resolve));
  });

  test('ends with and without a callback', async () => {
    const [first, second] = [open(), open()];
    await answer((done) => first.query('SELECT 1', done));
    await answer((done) => second.query('SELECT 1', done));
    expect(await answer((done) => first.end(done))).toEqual([undefined, undefined]);
    second.end();
    await expect.poll(() => stage.proxy.connections(), patient).toBe(0);
    expect(await answer((done) => second.query('SELECT 1', done))).toMatchObject([
      { message: 'Pool is closed.' },
      undefined,
    ]);
  });
});

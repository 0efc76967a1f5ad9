import assert from 'node:assert';
import { type Pool as CallbackPool, createPool as createCallbackPool } from 'mysql2';
import { describe, expect, test } from 'vitest';
import { createLedger, type Resilient, withResilience } from '../../adapters/mysql2/index.ts';
import { classify, type ResilienceOptions, type RetryEvent } from '../../src/index.ts';
import { failureOf, later } from '../contract/outcome.ts';
import { collectGarbage } from '../support/fuzz/heap.ts';
import { readAll, readEvents } from '../support/mysql2/read-rows.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';

const select = 'SELECT id FROM stage_rows ORDER BY seq';
const many = 5_000;

describe('rows that are read from a command of mysql2', unhurried, () => {
  const stage = useStage('streams');

  function open(
    connectionLimit = 2,
    policy: ResilienceOptions = {},
  ): { pool: Resilient<CallbackPool>; retried: RetryEvent[] } {
    const retried: RetryEvent[] = [];
    const pool = createCallbackPool({ ...stage.proxied(), connectionLimit });
    stage.after(() => new Promise<void>((resolve) => pool.end(() => resolve())));
    return { pool: withResilience(pool, { onRetry: (event) => retried.push(event), ...policy }), retried };
  }

  const fill = async (count: number) => {
    const values = Array.from({ length: count }, (_, id) => `(${id})`).join();
    await stage.server.admin(`INSERT INTO stage_rows (id) VALUES ${values}`);
  };

  const ways: readonly (readonly [string, (pool: CallbackPool) => Promise<readonly unknown[]>])[] = [
    ['a stream', (pool) => readAll(pool.query(select).stream())],
    ['events', (pool) => readEvents(pool.query(select))],
    [
      'a stream of the promise pool’s own',
      (pool) => readAll((pool.promise() as unknown as { pool: CallbackPool }).pool.query(select).stream()),
    ],
  ];

  describe.each(ways)('%s', (_name, read) => {
    test('come as on a bare pool', async () => {
      await fill(many);
      const { pool } = open();
      expect(await read(pool)).toHaveLength(many);
    });

    test('begin again on another connection, as long as none was handed on', async () => {
      await fill(3);
      const { pool, retried } = open();
      await read(pool);
      const unlock = await stage.lock();
      const rows = later(read(pool));
      for (const id of await stage.inFlight(1)) await stage.server.killThread(id);
      await unlock();
      expect(await rows).toEqual([{ id: 0 }, { id: 1 }, { id: 2 }]);
      expect(retried).toHaveLength(1);
    });

    test('end with an error when it is killed each time before the first of them, after three times', async () => {
      const { pool, retried } = open();
      await stage.lock();
      const failure = later(failureOf(read(pool)));
      for (let killed = 0; killed < 3; killed += 1) {
        for (const id of await stage.inFlight(1)) await stage.server.killThread(id);
      }
      expect(await failure).toMatchObject({ attempts: 3, failure: { kind: 'connection-lost' } });
      expect(String(await failure)).toMatch('lost in flight 3 times');
      expect(retried).toHaveLength(2);
      await stage.inFlight(0);
    });

    test('end with an error when the connection is lost in their middle', async () => {
      await fill(many);
      const { pool, retried } = open();
      const cut = stage.proxy.cutAfter('s2c', 20_000, 'rst');
      const error = await failureOf(read(pool));
      await cut;
      expect(classify(error)).toMatchObject({ kind: 'connection-lost' });
      expect(retried).toEqual([]);
      expect(await read(pool)).toHaveLength(many);
    });
  });

  test.each(ways)('%s: leave nothing of a connection that was lost under them', async (_name, read) => {
    await fill(3);
    const { pool } = open(1);
    const connections: WeakRef<object>[] = [];
    pool.on('connection', (connection) => connections.push(new WeakRef(connection)));
    await read(pool);
    const unlock = await stage.lock();
    const rows = later(read(pool));
    for (const id of await stage.inFlight(1)) await stage.server.killThread(id);
    await unlock();
    expect(await rows).toHaveLength(3);
    await expect
      .poll(async () => {
        await collectGarbage();
        return connections.map((connection) => connection.deref() !== undefined);
      }, patient)
      .toEqual([false, true]);
  });

  test('of an error of the server: the error, once, and then the end', async () => {
    const { pool } = open(1);
    const told: string[] = [];
    const query = pool.query('SELECT * FROM not_there');
    await new Promise<void>((resolve) => {
      query.on('error', (error: { code?: string }) => told.push(String(error.code)));
      query.on('end', () => {
        told.push('end');
        resolve();
      });
    });
    expect(told).toEqual(['ER_NO_SUCH_TABLE', 'end']);
    expect(await readAll(pool.query('SELECT 1 AS one').stream())).toEqual([{ one: 1 }]);
  });

  test('of a write that nothing commits: the error, and no result', async () => {
    await stage.asRoot((root) => root.query("SET GLOBAL init_connect = 'SET autocommit = 0'"));
    stage.after(() => stage.asRoot((root) => root.query("SET GLOBAL init_connect = ''")));
    const { pool } = open(1);
    const told: string[] = [];
    const query = pool.query('INSERT INTO stage_rows (id) VALUES (1)');
    await new Promise<void>((resolve) => {
      query.on('result', () => told.push('result'));
      query.on('error', (error: { code?: string }) => told.push(String(error.code)));
      query.on('end', resolve);
    });
    expect(told).toEqual(['ERR_GONE_AWAY_SESSION_BOUND']);
    expect(await stage.rows()).toEqual([]);
  });

  test('of a write: what the server says of it, once', async () => {
    const { pool } = open(1);
    expect(await readEvents(pool.query('INSERT INTO stage_rows (id) VALUES (1)'))).toMatchObject([{ affectedRows: 1 }]);
  });

  test('end with the reason of a signal, also in their middle', async () => {
    await fill(many);
    const { pool } = open(1);
    const controller = new AbortController();
    const reason = new Error('the user went away');
    const stream = pool.$resilience({ signal: controller.signal }).query(select).stream({ highWaterMark: 1 });
    const failure = failureOf(
      (async () => {
        for await (const _row of stream) controller.abort(reason);
      })(),
    );
    expect(await failure).toBe(reason);
    expect(await readAll(pool.query('SELECT 1 AS one').stream())).toEqual([{ one: 1 }]);
  });

  test('wait their turn: on a pool of one, statements are sent in the order of the calls', async () => {
    const { pool } = open(1);
    const order: number[] = [];
    const write = (id: number) =>
      new Promise<void>((resolve, reject) => {
        pool.query('INSERT INTO stage_rows (id) VALUES (?)', [id], (error) => {
          order.push(id);
          if (error) reject(error);
          else resolve();
        });
      });
    const stream = () => readAll(pool.query('SELECT 1').stream()).then(() => order.push(4));
    await Promise.all([write(1), write(2), write(3), stream(), write(5)]);
    expect(await stage.rows()).toEqual([1, 2, 3, 5]);
    expect(order).toEqual([1, 2, 3, 4, 5]);
  });

  test('are what `query()` returns: with the text, the values and the stream of mysql2', async () => {
    const { pool } = open(1);
    const query = pool.query('SELECT ? AS one', [1]);
    expect(query).toMatchObject({ sql: 'SELECT 1 AS one', values: [1], stream: expect.any(Function) });
    expect(await readAll(query.stream())).toEqual([{ one: 1 }]);
    // It has a then() of mysql2's, which refuses to be awaited.
    const [called] = await new Promise<unknown[]>((resolve) => {
      const same = pool.query('SELECT ? AS one', [1], () => resolve([same]));
    });
    expect(called).toMatchObject({ sql: 'SELECT 1 AS one', values: [1], stream: expect.any(Function) });
  });

  test.each([
    ['fails on the server', 'SELEC 1', () => {}],
    ['has a listener that throws', 'SELECT 1', () => assert.fail('mine')],
  ])(
    'end nothing but themselves, when nobody listens to the error of a statement that %s',
    async (_what, sql, listener) => {
      const { pool } = open();
      const uncaught: unknown[] = [];
      const note = (error: unknown) => uncaught.push(error);
      process.on('uncaughtExceptionMonitor', note);
      stage.after(async () => void process.off('uncaughtExceptionMonitor', note));
      const query = pool.query(sql).on('result', listener);
      await new Promise((resolve) => query.on('end', resolve));
      expect(uncaught).toEqual([]);
    },
  );

  test('that nobody reads to their end do not keep the connection', async () => {
    await fill(many);
    const { pool } = open(1);
    const stream = pool.query(select).stream({ highWaterMark: 1 });
    for await (const row of stream) {
      expect(row).toEqual({ id: 0 });
      break;
    }
    expect(await readAll(pool.query('SELECT 1 AS one').stream())).toEqual([{ one: 1 }]);
  });
});

describe('with exactlyOnce', unhurried, () => {
  const stage = useStage('streams-once');

  test.each([
    ['a stream', (pool: CallbackPool, sql: string) => readAll(pool.query(sql).stream())],
    ['events', (pool: CallbackPool, sql: string) => readEvents(pool.query(sql))],
  ])('what a statement answers comes as on a bare pool, one by one: %s', async (_name, read) => {
    const open = () => {
      const pool = createCallbackPool({ ...stage.direct(), connectionLimit: 1 });
      stage.after(() => new Promise<void>((resolve) => pool.end(() => resolve())));
      return pool;
    };
    const bare = open();
    const pool = withResilience(open(), { exactlyOnce: true });
    await createLedger(pool);
    await stage.server.admin('INSERT INTO stage_rows (id) VALUES (1), (2)');
    for (const sql of [`${select} FOR UPDATE`, `${select} LIMIT 0 FOR UPDATE`]) {
      const rows = await read(bare, sql);
      expect(await read(pool, sql)).toEqual(rows);
    }
    const insert = 'INSERT INTO stage_rows (id) VALUES (3), (4)';
    expect(await read(pool, insert)).toMatchObject([{ affectedRows: 2 }]);
    expect(await stage.rows()).toEqual([1, 2, 3, 4]);
  });
});

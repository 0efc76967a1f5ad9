import type { Socket } from 'node:net';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/mysql2';
import type { Pool as CallbackPool, PoolConnection } from 'mysql2';
import { createPool, type Pool, type PoolOptions } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { withResilience as withResilientDatabase } from '../../adapters/drizzle/index.ts';
import { transaction, withResilience } from '../../adapters/mysql2/index.ts';
import { PrismaMySQL2 } from '../../adapters/prisma/adapter/index.ts';
import { PrismaClient } from '../../prisma/generated/client.ts';
import { AcquireTimeoutError, type EvictEvent, type ResilienceOptions } from '../../src/index.ts';
import { failureOf, messagesOf } from '../contract/outcome.ts';
import { recordStatements } from '../support/proxy/record-statements.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';

type Rows = readonly object[];
type Send = (text: string) => Promise<Rows>;

const bindings: readonly { readonly name: string; readonly use: (pool: Pool, policy: ResilienceOptions) => Send }[] = [
  {
    name: 'a promise pool',
    use: (pool, policy) => {
      const resilient = withResilience(pool, policy);
      return async (text) => (await resilient.query(text))[0] as Rows;
    },
  },
  {
    name: 'a callback pool',
    use: (pool, policy) => {
      const resilient = withResilience(pool.pool as unknown as CallbackPool, policy);
      return (text) =>
        new Promise((resolve, reject) => {
          resilient.execute(text, (error, rows) => (error ? reject(error) : resolve(rows as Rows)));
        });
    },
  },
  {
    name: 'a transaction',
    use: (pool, policy) => {
      const resilient = withResilience(pool, policy);
      return (text) => transaction(resilient, async (tx) => (await tx.query(text))[0] as Rows);
    },
  },
  {
    name: 'a held connection',
    use: (pool, policy) => {
      const resilient = withResilience(pool, policy);
      return async (text) => {
        const held = await resilient.getConnection();
        try {
          return (await held.query(text))[0] as Rows;
        } finally {
          held.release();
        }
      };
    },
  },
  {
    name: 'Drizzle',
    use: (pool, policy) => {
      const db = withResilientDatabase(drizzle(pool), policy);
      return async (text) => (await db.execute(sql.raw(text)))[0] as unknown as Rows;
    },
  },
  {
    name: 'PrismaMySQL2',
    use: (pool, policy) => {
      const prisma = new PrismaClient({ adapter: new PrismaMySQL2(pool, { policy }) });
      return (text) => prisma.$queryRawUnsafe<Rows>(text);
    },
  },
];

const settings = "SET time_zone = '+03:00'";
const modes = "SET sql_mode = 'ANSI_QUOTES'";
const seen = 'SELECT @@time_zone AS zone, @@sql_mode AS mode';
const expected = [{ zone: '+03:00', mode: 'ANSI_QUOTES' }];

type Listener = (connection: PoolConnection) => unknown;

/** As people write them. */
const listeners: readonly (readonly [form: string, listener: Listener])[] = [
  [
    'async',
    async (connection) => {
      await connection.promise().query(settings);
      await connection.promise().query(modes);
    },
  ],
  ['with callbacks', (connection) => connection.query(settings, () => connection.query(modes))],
  [
    'async, which comes to its first statement late',
    async (connection) => {
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
      await connection.promise().execute(settings);
      await Promise.all([connection.promise().query('DO 1'), connection.promise().query(modes)]);
    },
  ],
  ['with events', (connection) => connection.query(settings).on('end', () => connection.query(modes))],
];

describe('listeners of the events of a pool', unhurried, () => {
  const stage = useStage('listeners');

  function open(policy: ResilienceOptions = {}, options: PoolOptions = {}) {
    const evicted: EvictEvent[] = [];
    const pool = stage.closing(createPool({ ...stage.proxied(), connectionLimit: 1, ...options }));
    // The core of the promise pool: the events bring its connections.
    const on = (event: 'connection' | 'acquire' | 'release', listener: Listener) =>
      (pool.pool as unknown as CallbackPool).on(event as 'connection', listener);
    return { pool, on, evicted, policy: { ...policy, onEvict: (event: EvictEvent) => evicted.push(event) } };
  }

  describe.each(bindings)('before the first statement of $name', unhurried, ({ use }) => {
    test.each(listeners)('have prepared its connection, once: %s', async (_, listener) => {
      const { pool, on, evicted, policy } = open();
      on('connection', listener);
      const send = use(pool, policy);
      for (let turn = 0; turn < 3; turn += 1) expect(await send(seen)).toEqual(expected);
      expect(stage.proxy.connections()).toBe(1);
      expect(evicted).toEqual([]);
    });

    test('have prepared each of the connections of the pool', async () => {
      const { pool, on, evicted, policy } = open({}, { connectionLimit: 4 });
      on('connection', listeners[0]?.[1] as Listener);
      const send = use(pool, policy);
      const all = () => Promise.all(Array.from({ length: 12 }, () => send(seen)));
      expect(new Set((await all()).flat().map((row) => JSON.stringify(row))).size).toBe(1);
      expect(stage.proxy.connections()).toBeLessThanOrEqual(4);
      expect(evicted).toEqual([]);
    });

    test('that the server refuses for good end the call at once, in the words of the server', async () => {
      const { pool, on, policy } = open();
      let made = 0;
      on('connection', (connection) => {
        made += 1;
        // Nobody hears of its error, so that mysql2 ends the connection with it.
        connection.query('SET SESSION no_such_variable = 1');
      });
      const send = use(pool, policy);
      for (const turn of [1, 2, 3]) {
        expect(messagesOf(await failureOf(send(seen))).join()).toContain('no_such_variable');
        expect(made).toBe(turn);
      }
    });
  });

  test.each([
    ['at once', (connection: PoolConnection) => connection.destroy()],
    [
      'when their statement failed',
      (connection: PoolConnection) => connection.query('SET no_such_variable = 1', () => connection.destroy()),
    ],
  ])('that destroy each connection %s end a call with `maxRetryTime`, and make no storm', async (_, listener) => {
    const { pool, on, policy } = open({ maxRetryTime: 2_000 }, { connectionLimit: 2 });
    let made = 0;
    on('connection', (connection) => {
      made += 1;
      listener(connection);
    });
    const resilient = withResilience(pool, policy);
    const errors = await Promise.all([failureOf(resilient.query(seen)), failureOf(resilient.query(seen))]);
    for (const error of errors) {
      expect(error).toBeInstanceOf(AcquireTimeoutError);
      expect(error.message).toContain("a listener of the pool's events has destroyed each new connection");
    }
    // As often as a server that is away is asked.
    expect(made).toBeLessThan(40);
  });

  test('that destroy a connection are a reason not to wait with `retries: 0`', async () => {
    const { pool, on, policy } = open({ retries: 0 });
    on('connection', (connection) => connection.destroy());
    const resilient = withResilience(pool, policy);
    expect(await failureOf(resilient.query(seen))).toMatchObject({ code: 'ERR_GONE_AWAY_NOT_PREPARED' });
  });

  test('that destroy the first connections are done with the one that they keep', async () => {
    const { pool, on, policy } = open();
    let made = 0;
    on('connection', (connection) => {
      made += 1;
      if (made < 4) connection.destroy();
    });
    const resilient = withResilience(pool, policy);
    expect((await resilient.query('SELECT 1 AS one'))[0]).toEqual([{ one: 1 }]);
    expect(made).toBe(4);
  });

  test.each(['connection', 'acquire'] as const)(
    'say what its sessions are to be, with the last of their statements as well: %s',
    async (event) => {
      const { pool, on, evicted, policy } = open();
      on(event, async (connection) => {
        await connection.promise().query(settings);
        await connection.promise().query('SET SESSION TRANSACTION READ ONLY');
      });
      const resilient = withResilience(pool, policy);
      for (let turn = 0; turn < 3; turn += 1) {
        expect(await failureOf(resilient.query('INSERT INTO stage_rows (id) VALUES (1)'))).toMatchObject({
          errno: 1792,
        });
      }
      expect(evicted).toEqual([]);
    },
  );

  test('send before the statement of each checkout what they send', async () => {
    const { pool, on, evicted, policy } = open();
    let tenant = 0;
    on('acquire', async (connection) => {
      tenant += 1;
      await connection.promise().query('SET @tenant = ?', [tenant]);
      await connection.promise().query('SET @role = ?', [`of ${tenant}`]);
    });
    const resilient = withResilience(pool, policy);
    for (const turn of [1, 2, 3]) {
      const [rows] = await resilient.query('SELECT CAST(@tenant AS CHAR) AS tenant, @role AS role');
      expect(rows).toEqual([{ tenant: `${turn}`, role: `of ${turn}` }]);
    }
    expect(stage.proxy.connections()).toBe(1);
    expect(evicted).toEqual([]);
  });

  test('clean a connection up that was given back, before anybody has it', async () => {
    const { pool, on, evicted, policy } = open();
    on('release', async (connection) => {
      for (const text of ['SET @left = NULL', 'SET @cleaned = 1']) await connection.promise().query(text).catch(ignore);
    });
    const resilient = withResilience(pool, policy);
    await resilient.query('SET @left = 1');
    expect((await resilient.query('SELECT @left AS found, CAST(@cleaned AS CHAR) AS cleaned'))[0]).toEqual([
      { found: null, cleaned: '1' },
    ]);
    expect(evicted).toEqual([]);
  });

  test('that fail keep their error, and the connection is used as on the pool itself', async () => {
    const { pool, on, evicted, policy } = open();
    const errors: unknown[] = [];
    on('connection', async (connection) => {
      await connection
        .promise()
        .query("SET time_zone = 'nowhere'")
        .catch((error: unknown) => errors.push(error));
      await connection.promise().query(modes);
    });
    on('connection', (connection) => connection.query('SET no_such_variable = 1', (error) => errors.push(error)));
    const resilient = withResilience(pool, policy);
    for (let turn = 0; turn < 3; turn += 1) {
      expect((await resilient.query('SELECT @@sql_mode AS mode'))[0]).toEqual([{ mode: 'ANSI_QUOTES' }]);
    }
    expect(errors).toMatchObject([{ errno: 1298 }, { errno: 1193 }]);
    expect(stage.proxy.connections()).toBe(1);
    expect(evicted).toEqual([]);
  });

  test('whose connection is lost prepare the next one', async () => {
    const { pool, on, evicted, policy } = open();
    const prepared: number[] = [];
    on('connection', async (connection) => {
      prepared.push(connection.threadId);
      await connection.promise().query(settings);
      const { stream } = connection as unknown as { readonly stream: Socket };
      if (prepared.length <= 2) stream.destroy();
      await connection.promise().query(modes).catch(ignore);
    });
    const resilient = withResilience(pool, policy);
    expect((await resilient.query(seen))[0]).toEqual(expected);
    expect(prepared).toHaveLength(3);
    expect(evicted.map(({ reason }) => reason)).toEqual(['lost', 'lost']);
  });

  test('that are never answered hold nobody longer than `acquireTimeout`, and go on for the next', async () => {
    const { pool, on, evicted, policy } = open({ acquireTimeout: 300, retries: 0 });
    on('connection', async (connection) => {
      await connection.promise().query(settings);
      await connection.promise().query('SELECT id FROM stage_rows');
      await connection.promise().query(modes);
    });
    const unlock = await stage.lock();
    const resilient = withResilience(pool, policy);
    expect(await failureOf(resilient.query(seen))).toBeInstanceOf(AcquireTimeoutError);
    await stage.inFlight(1);
    const next = resilient
      .$resilience({ maxRetryTime: 30_000 })
      .query(seen)
      .catch(() => resilient.query(seen));
    await unlock();
    expect((await next)[0]).toEqual(expected);
    expect(stage.proxy.connections()).toBe(1);
    expect(evicted).toEqual([]);
  });

  test('on a path that has gone silent are given up by the watch', async () => {
    const { pool, on, evicted, policy } = open({ watch: { after: 300, timeout: 600 }, acquireTimeout: 10_000 });
    const isCut = { value: false };
    on('connection', async (connection) => {
      const promised = connection.promise();
      await promised.query(settings);
      if (!isCut.value) {
        isCut.value = true;
        stage.proxy.set('blackhole');
      }
      await promised.query(modes).catch(ignore);
    });
    const resilient = withResilience(pool, policy);
    const sent = resilient.query(seen);
    await expect.poll(() => evicted, patient).toMatchObject([{ reason: 'lost' }]);
    stage.proxy.set('pass');
    expect((await sent)[0]).toEqual(expected);
  });

  test('that are not there cost nothing: a statement is one packet', async () => {
    const { pool, policy } = open();
    const resilient = withResilience(pool, policy);
    await resilient.query('SELECT 1');
    const sent = recordStatements(stage.proxy);
    await resilient.query('SELECT 2');
    expect(sent.packets()).toBe(1);
  });

  test('are not waited for by a pool that is ended', async () => {
    const { pool, on, policy } = open();
    on('connection', async (connection) => {
      await connection.promise().query('SELECT id FROM stage_rows').catch(ignore);
      await connection.promise().query(modes).catch(ignore);
    });
    const unlock = await stage.lock();
    const resilient = withResilience(pool, policy);
    const failure = failureOf(resilient.query(seen));
    await stage.inFlight(1);
    const ended = resilient.end();
    await unlock();
    await ended;
    expect(await failure).toMatchObject({ message: 'Pool is closed.' });
  });
});

function ignore(): void {}

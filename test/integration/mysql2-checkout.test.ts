import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { EventEmitter } from 'node:events';
import type { Pool as CallbackPool, PoolConnection } from 'mysql2';
import { createPool, type Pool, type PoolOptions } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { withResilience } from '../../adapters/mysql2/index.ts';
import { failureOf } from '../contract/outcome.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';

type Get = (callback: (error: unknown, connection: PoolConnection) => void) => unknown;

/** How a statement comes to a connection that lies idle: in the turn of its call, and past nobody who has something to say about it. */
describe('a connection that lies idle', unhurried, () => {
  const stage = useStage('checkout');

  function open(options: PoolOptions = {}) {
    const bare = stage.closing(createPool({ ...stage.direct(), connectionLimit: 1, ...options }));
    const core = bare.pool as unknown as CallbackPool;
    return { bare, core, pool: withResilience(bare, { acquireTimeout: 5_000 }) };
  }

  test('has a statement in the turn of its call', async () => {
    const { core, pool } = open();
    await pool.query('SELECT 1');
    let held: PoolConnection | undefined;
    await new Promise<void>((resolve) => {
      core.getConnection((_error, connection) => {
        held = connection;
        connection.release();
        resolve();
      });
    });
    const answer = pool.query('SELECT 2 AS two');
    expect((held as unknown as { readonly _command: unknown })._command).toBeTruthy();
    expect((await answer)[0]).toEqual([{ two: 2 }]);
  });

  test('is not lost to a statement that cannot be sent', async () => {
    const { pool } = open();
    for (let round = 0; round < 3; round += 1) {
      await pool.query('SELECT 1');
      await failureOf(pool.execute('SELECT ?', [undefined as unknown as string]));
      await failureOf(pool.query({} as unknown as string));
      await failureOf(pool.query(undefined as unknown as string));
      expect((await pool.query('SELECT 3 AS three'))[0]).toEqual([{ three: 3 }]);
    }
  });

  test('is not lost to somebody who stands between, and asks the pool later', async () => {
    const { core, pool } = open();
    await pool.query('SELECT 1');
    const get = core.getConnection.bind(core) as Get;
    let asked = 0;
    core.getConnection = ((callback: Parameters<Get>[0]) => {
      asked += 1;
      setImmediate(() => get(callback));
    }) as unknown as typeof core.getConnection;
    for (let round = 0; round < 5; round += 1) {
      expect((await pool.query('SELECT 4 AS four'))[0]).toEqual([{ four: 4 }]);
    }
    expect(asked).toBeGreaterThanOrEqual(5);
    const all = await Promise.all(Array.from({ length: 20 }, () => pool.query('SELECT 5 AS five')));
    expect(all.map(([rows]) => rows)).toEqual(Array.from({ length: 20 }, () => [{ five: 5 }]));
  });

  test.each([1, 10])(
    'has its statement in the asynchronous context of the call, also of one that waited: %i',
    async (connectionLimit) => {
      const { bare, pool } = open({ connectionLimit });
      const calls = new AsyncLocalStorage<number>();
      const seen: (readonly [call: unknown, context: unknown])[] = [];
      (bare.pool as unknown as CallbackPool).on('connection', (connection) => {
        const query = connection.query.bind(connection) as unknown as (...values: unknown[]) => unknown;
        connection.query = ((...values: unknown[]) => {
          seen.push([String(values[0]).split(' ').at(-1), calls.getStore()]);
          return query(...values);
        }) as unknown as typeof connection.query;
      });
      await Promise.all(
        Array.from({ length: 40 }, (_, call) =>
          calls.run(call, async () => {
            await pool.query(`SELECT 1 AS one -- ${call}`);
            expect(calls.getStore()).toBe(call);
          }),
        ),
      );
      expect(seen).toHaveLength(40);
      for (const [call, context] of seen) expect(call).toBe(String(context));
    },
  );

  test.each([1, 3])('is not lost to somebody who stands between, and throws: %i', async (connectionLimit) => {
    const { core, pool } = open({ connectionLimit });
    const get = core.getConnection;
    for (let round = 0; round < 5; round += 1) {
      await pool.query('SELECT 1');
      core.getConnection = () => {
        throw new Error('not now');
      };
      await expect(pool.query('SELECT 1')).rejects.toThrow('not now');
      core.getConnection = get;
      expect((await pool.query('SELECT 6 AS six'))[0]).toEqual([{ six: 6 }]);
      // Once more past what this package trusts without a look.
      await new Promise((resolve) => setTimeout(resolve, 120));
      expect((await pool.query('SELECT 7 AS seven'))[0]).toEqual([{ seven: 7 }]);
    }
  });

  test('is not lost to somebody who stands between, and hands it out in the same turn', async () => {
    const { core, pool } = open();
    await pool.query('SELECT 1');
    const idle = core as unknown as { readonly _freeConnections: { pop(): PoolConnection & { _released: boolean } } };
    const get = core.getConnection.bind(core) as Get;
    core.getConnection = ((callback: Parameters<Get>[0]) => {
      if ((idle._freeConnections as unknown as { length: number }).length === 0) return get(callback);
      const connection = idle._freeConnections.pop();
      connection._released = false;
      return callback(null, connection);
    }) as unknown as typeof core.getConnection;
    for (let round = 0; round < 5; round += 1) {
      const held = await pool.getConnection();
      held.release();
      await failureOf(pool.execute('SELECT ?', [undefined as unknown as string]));
      expect((await pool.query('SELECT 8 AS eight'))[0]).toEqual([{ eight: 8 }]);
    }
  });

  describe.each(['the pool', 'its prototype'] as const)(
    'is not shared where somebody stands between, on %s',
    (where) => {
      /** @param replaced what it does in the place of mysql2's own method */
      function replace(core: CallbackPool, replaced: (get: Get, callback: Parameters<Get>[0]) => unknown): void {
        const at = (where === 'the pool' ? core : Object.getPrototypeOf(Object.getPrototypeOf(core))) as CallbackPool;
        const own = at.getConnection;
        at.getConnection = function getConnection(this: CallbackPool, callback: Parameters<Get>[0]) {
          return replaced((taken) => own.call(this, taken as never), callback);
        } as unknown as typeof own;
        stage.after(async () => {
          at.getConnection = own;
        });
      }

      test.each(['before', 'after'] as const)('and uses the pool in the same turn: %s it was wrapped', async (time) => {
        const bare = stage.closing(createPool({ ...stage.direct(), connectionLimit: 3 }));
        const core = bare.pool as unknown as CallbackPool;
        let inside: Promise<PoolConnection> | undefined;
        const stand = () =>
          replace(core, (get, callback) => {
            inside ??= new Promise((resolve) => get((_error, connection) => resolve(connection)));
            return get(callback);
          });
        if (time === 'before') stand();
        const pool = withResilience(bare);
        inside = Promise.resolve() as unknown as Promise<PoolConnection>;
        await Promise.all([1, 2, 3].map(() => pool.query('SELECT SLEEP(0.05)')));
        if (time === 'after') stand();
        inside = undefined;
        const outer = await pool.getConnection();
        const inner = await (inside as unknown as Promise<PoolConnection>);
        expect(inner.threadId).not.toBe(outer.threadId);
        outer.release();
        inner.release();
        const all = await Promise.all([1, 2, 3].map(() => pool.getConnection()));
        for (const connection of all) connection.release();
      });

      test('and hands out another connection than the first', async () => {
        const { core, pool } = open({ connectionLimit: 2 });
        await Promise.all([1, 2].map(() => pool.query('SELECT SLEEP(0.05)')));
        replace(core, (get, callback) =>
          get((_error, first) => {
            first.release();
            get(callback);
          }),
        );
        for (let round = 0; round < 6; round += 1) await pool.query('SELECT 1');
        const all = await Promise.all([1, 2].map(() => pool.getConnection()));
        for (const connection of all) connection.release();
      });
    },
  );

  test('is not shared with a subscriber of mysql2 that uses the pool when it is told of the call', async () => {
    const { core, pool } = open({ connectionLimit: 3 });
    await Promise.all([1, 2, 3].map(() => pool.query('SELECT SLEEP(0.05)')));
    let inside: Promise<number> | undefined;
    const listener = () => {
      inside ??= pool.getConnection().then((held) => {
        held.release();
        return held.threadId;
      });
    };
    subscribe('tracing:mysql2:pool:connect:start', listener);
    stage.after(async () => unsubscribe('tracing:mysql2:pool:connect:start', listener));
    const outer = await pool.getConnection();
    expect(await inside).not.toBe(outer.threadId);
    outer.release();
    const idle = core as unknown as { readonly _freeConnections: { readonly length: number } };
    await expect.poll(() => idle._freeConnections.length, patient).toBe(3);
  });

  test.each([
    ['a statement', (pool: Pool) => pool.query('SELECT 1')],
    ['a held connection', async (pool: Pool) => (await pool.getConnection()).release()],
  ])('is not lost by a listener of its release that throws once: %s', async (_, use) => {
    const { core, pool } = open();
    await pool.query('SELECT 1');
    (core as unknown as EventEmitter).once('release', () => {
      throw new Error('a bug in a listener');
    });
    await expect(use(pool)).rejects.toThrow('a bug in a listener');
    for (let round = 0; round < 3; round += 1) expect((await pool.query('SELECT 1 AS one'))[0]).toEqual([{ one: 1 }]);
  });

  test.each([
    ['unused', async (pool: Pool) => (await pool.getConnection()).release()],
    [
      'by a statement that cannot be sent',
      (pool: Pool) => failureOf(pool.execute('SELECT ?', [undefined as unknown as string])),
    ],
  ])('can be given back in the turn in which it was taken, while ticks stand still: %s', async (_, use) => {
    const { pool } = open();
    await pool.query('SELECT 1');
    const { nextTick } = process;
    const ticks: (() => void)[] = [];
    process.nextTick = (callback: (...values: unknown[]) => void, ...values: unknown[]) => {
      ticks.push(() => callback(...values));
    };
    try {
      await use(pool);
      // Nothing spins meanwhile, so that the event loop turns.
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.nextTick = nextTick;
    }
    for (const tick of ticks) tick();
    expect((await pool.query('SELECT 9 AS nine'))[0]).toEqual([{ nine: 9 }]);
  });

  test('goes to those who wait in the order of their calls', async () => {
    const { pool } = open();
    const order: number[] = [];
    await Promise.all(Array.from({ length: 30 }, (_, call) => pool.query('SELECT 1').then(() => order.push(call))));
    expect(order).toEqual(Array.from({ length: 30 }, (_, call) => call));
  });
});

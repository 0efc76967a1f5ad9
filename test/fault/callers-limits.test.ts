import { setTimeout as delay } from 'node:timers/promises';
import { inspect, promisify } from 'node:util';
import { type Pool as CallbackPool, createPool as createCallbackPool } from 'mysql2';
import { createPool, type Pool } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { createLedger, type Resilient, transaction, withResilience } from '../../adapters/mysql2/index.ts';
import { classify, isGoneAwayError, type ResilienceOptions, type RetryEvent } from '../../src/index.ts';
import { causesOf } from '../../src/internal.ts';
import { failureOf } from '../contract/outcome.ts';
import { readAll, readEvents } from '../support/mysql2/read-rows.ts';
import { unhurried, useStage } from '../support/stage.ts';

const insertOne = 'INSERT INTO stage_rows (id) VALUES (1)';

interface Pools {
  readonly pool: Resilient<Pool>;
  readonly callbackPool: Resilient<CallbackPool>;
}

/** A limit that your code sets ends the call with the error that the driver has for it, and nothing is sent again. */
describe('a limit that the caller has set', unhurried, () => {
  const stage = useStage('callers-limits');

  function open(policy: ResilienceOptions = {}): Pools & { readonly retried: readonly RetryEvent[] } {
    const retried: RetryEvent[] = [];
    const options = { ...stage.direct(), connectionLimit: 2 };
    const onRetry = (event: RetryEvent) => void retried.push(event);
    const callbackPool = createCallbackPool(options);
    stage.closing(callbackPool.promise());
    return {
      pool: stage.closing(withResilience(createPool(options), { ...policy, onRetry })),
      callbackPool: withResilience(callbackPool, { ...policy, onRetry }),
      retried,
    };
  }

  describe('`timeout` of mysql2', () => {
    const timeout = 300;
    /** Leaves time to lose a connection meanwhile. */
    const longer = 1_500;

    const hold = (pool: CallbackPool) => promisify(pool.getConnection.bind(pool))();

    const ways: readonly (readonly [string, (pools: Pools, sql: string, timeout: number) => Promise<unknown>])[] = [
      ['query', ({ pool }, sql, timeout) => pool.query({ sql, timeout })],
      ['execute', ({ pool }, sql, timeout) => pool.execute({ sql, timeout })],
      ['with `idempotent`', ({ pool }, sql, timeout) => pool.$resilience({ idempotent: true }).query({ sql, timeout })],
      [
        'on a connection that is held',
        async ({ pool }, sql, timeout) => {
          const held = await pool.getConnection();
          try {
            return await held.query({ sql, timeout });
          } finally {
            held.release();
          }
        },
      ],
      [
        'in a transaction that may run again',
        ({ pool }, sql, timeout) => transaction(pool, (tx) => tx.query({ sql, timeout }), { rerun: true }),
      ],
      [
        'query of a callback pool',
        ({ callbackPool }, sql, timeout) =>
          new Promise((resolve, reject) => {
            callbackPool.query({ sql, timeout }, (error, rows) => (error ? reject(error) : resolve(rows)));
          }),
      ],
      [
        'execute of a callback pool',
        ({ callbackPool }, sql, timeout) =>
          new Promise((resolve, reject) => {
            callbackPool.execute({ sql, timeout }, (error, rows) => (error ? reject(error) : resolve(rows)));
          }),
      ],
      ['a stream', ({ callbackPool }, sql, timeout) => readAll(callbackPool.query({ sql, timeout }).stream())],
      ['events', ({ callbackPool }, sql, timeout) => readEvents(callbackPool.query({ sql, timeout }))],
      [
        'a stream on a connection that is held',
        async ({ callbackPool }, sql, timeout) => {
          const held = await hold(callbackPool);
          try {
            return await readAll(held.query({ sql, timeout }).stream());
          } finally {
            held.release();
          }
        },
      ],
    ];

    test.each(ways)('ends a read: %s', async (_name, send) => {
      const { retried, ...pools } = open();
      await stage.lock();
      const error = await failureOf(send(pools, 'SELECT id FROM stage_rows', timeout));
      expect(error).toMatchObject({ code: 'PROTOCOL_SEQUENCE_TIMEOUT' });
      expect(isGoneAwayError(error)).toBe(false);
      expect(retried).toEqual([]);
      // Its thread does not wait on for what nobody wants any more.
      await stage.inFlight(0);
    });

    test.each(ways)('ends a write, and says that nobody can know: %s', async (_name, send) => {
      const { retried, ...pools } = open();
      const unlock = await stage.lock();
      const error = await failureOf(send(pools, insertOne, timeout));
      expect(error).toMatchObject({ code: 'PROTOCOL_SEQUENCE_TIMEOUT' });
      expect(['unknown', 'rolled-back']).toContain(classify(error).outcome);
      expect(retried).toEqual([]);
      await stage.inFlight(0);
      await unlock();
      expect(await stage.rows()).toEqual([]);
      await pools.pool.query(insertOne);
      expect(await stage.rows()).toEqual([1]);
    });

    const repeated = ways.filter(([name]) => !/held|transaction/.test(name));

    /** Kills what waits for the lock when it has done so for a while, again and again, until the call has ended. */
    async function killEach(call: Promise<unknown>, after: number): Promise<void> {
      const state = { isOver: false };
      const end = () => {
        state.isOver = true;
      };
      call.then(end, end);
      const killed = new Set<number>();
      const waiting = () =>
        stage.server.admin<readonly { id: number }[]>(`
        SELECT id AS id FROM information_schema.processlist WHERE user = '${stage.user}' AND state LIKE 'Waiting for table%lock'`);
      while (!state.isOver) {
        for (const { id } of await waiting()) {
          if (killed.has(id)) continue;
          killed.add(id);
          void delay(after).then(() => stage.server.killThread(id).catch(() => {}));
        }
        await delay(5);
      }
    }

    test.each(repeated)('holds for the call, however often its connection is lost: %s', async (_name, send) => {
      const { retried, ...pools } = open();
      await Promise.all([pools.pool.query('SELECT 1'), pools.callbackPool.promise().query('SELECT 1')]);
      await stage.lock();
      const startedAt = performance.now();
      const call = failureOf(send(pools, 'SELECT id FROM stage_rows', longer));
      await killEach(call, 0.6 * longer);
      expect(await call).toMatchObject({ code: 'PROTOCOL_SEQUENCE_TIMEOUT' });
      expect(retried).toHaveLength(1);
      expect(performance.now() - startedAt).toBeLessThan(1.8 * longer);
      await stage.inFlight(0);
    });

    test('holds for a write with exactlyOnce, however often its connection is lost', async () => {
      const { pool, retried } = open();
      await createLedger(pool);
      const once = pool.$resilience({ exactlyOnce: true });
      await once.query('INSERT INTO stage_rows (id) VALUES (0)');
      const unlock = await stage.lock();
      const startedAt = performance.now();
      const call = failureOf(once.query({ sql: insertOne, timeout: longer }));
      await killEach(call, 0.6 * longer);
      expect(await call).toMatchObject({ code: 'PROTOCOL_SEQUENCE_TIMEOUT' });
      expect(retried).toHaveLength(1);
      expect(performance.now() - startedAt).toBeLessThan(1.8 * longer);
      await stage.inFlight(0);
      await unlock();
      expect(await stage.openTransactions()).toEqual([]);
      expect(await stage.rows()).toEqual([0]);
    });

    test('ends a call that was lost and waits for another connection, in a pool that is busy', async () => {
      const pool = stage.closing(withResilience(createPool({ ...stage.direct(), connectionLimit: 1 })));
      await pool.query('SELECT 1');
      const unlock = await stage.lock();
      const startedAt = performance.now();
      const call = failureOf(pool.query({ sql: 'SELECT id FROM stage_rows', timeout: longer }));
      const [id] = await stage.inFlight(1);
      const next = pool.query('SELECT SLEEP(4)');
      await stage.server.killThread(Number(id));
      const error = await call;
      expect(error).toMatchObject({ code: 'PROTOCOL_SEQUENCE_TIMEOUT' });
      expect(performance.now() - startedAt).toBeLessThan(1.8 * longer);
      expect(isGoneAwayError(error)).toBe(false);
      // What took so long is told, and no statement with it.
      expect(causesOf(error).length).toBeGreaterThan(1);
      expect(inspect(error)).not.toContain('stage_rows');
      await Promise.all([next, unlock()]);
    });

    test('ends a call that was lost when its server went away', async () => {
      const { pool, retried } = open();
      await stage.lock();
      const call = failureOf(pool.query({ sql: 'SELECT id FROM stage_rows', timeout: longer }));
      await stage.inFlight(1);
      await stage.server.kill9();
      expect(await call).toMatchObject({ code: 'PROTOCOL_SEQUENCE_TIMEOUT' });
      expect(retried.length).toBeGreaterThan(0);
    });

    test('leaves a transaction that is open on a connection of its caller’s as it was', async () => {
      const { pool } = open();
      const held = await pool.getConnection();
      await held.beginTransaction();
      await held.query(insertOne);
      const error = await failureOf(held.query({ sql: 'SELECT SLEEP(0.6)', timeout }));
      expect(error).toMatchObject({ code: 'PROTOCOL_SEQUENCE_TIMEOUT' });
      await held.query('INSERT INTO stage_rows (id) VALUES (2)');
      await held.commit();
      held.release();
      expect(await stage.rows()).toEqual([1, 2]);
    });

    test.each([
      ['BEGIN', 'BEGIN'],
      ['the claim of its token', 'gone_away_ledger'],
      ['the statement', insertOne],
      ['COMMIT', 'COMMIT'],
    ])('ends a write with exactlyOnce, when the server goes silent at %s', async (_name, text) => {
      const retried: RetryEvent[] = [];
      const pool = createPool({ ...stage.routed(), connectionLimit: 2 });
      const wrapped = stage.closing(withResilience(pool, { onRetry: (event) => void retried.push(event) }));
      await createLedger(wrapped);
      const once = wrapped.$resilience({ exactlyOnce: true });
      // The table of the ledger is looked at once for each pool.
      await once.query('INSERT INTO stage_rows (id) VALUES (0)');
      const stop = stage.router.onClientData((data) => {
        if (data.includes(text)) stage.router.set('drop-s2c');
        return undefined;
      });
      const error = await failureOf(once.query({ sql: insertOne, timeout }));
      stop();
      stage.router.set('pass');
      expect([error, ...causesOf(error)]).toContainEqual(
        expect.objectContaining({ code: 'PROTOCOL_SEQUENCE_TIMEOUT' }),
      );
      expect(retried).toEqual([]);
      expect(await stage.openTransactions()).toEqual([]);
      const rows = await stage.rows();
      if (classify(error).outcome !== 'unknown') expect(rows).toEqual([0]);
    });

    test('is as long as the call bears with a server that is away', async () => {
      const { pool } = open({ maxRetryTime: 600_000, retries: 1_000 });
      await stage.server.stop();
      const error = await failureOf(pool.query({ sql: 'SELECT 1', timeout }));
      expect(classify(error)).toMatchObject({ outcome: 'not-executed' });
      expect(error.message).toMatch(/`timeout/);
      await stage.server.start();
    });
  });
});

import { createPool as createCallbackPool } from 'mysql2';
import { createPool, type Pool } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { createLedger, type Resilient, transaction, withResilience } from '../../adapters/mysql2/index.ts';
import { classify, isGoneAwayError, type ResilienceOptions, type RetryEvent } from '../../src/index.ts';
import { causesOf } from '../../src/internal.ts';
import { failureOf } from '../contract/outcome.ts';
import { unhurried, useStage } from '../support/stage.ts';

const insertOne = 'INSERT INTO stage_rows (id) VALUES (1)';

/** A limit that your code sets, or whoever runs the server, ends the call with the error that the driver has for it, and nothing is sent again. */
describe('a limit that the caller has set', unhurried, () => {
  const stage = useStage('callers-limits');

  function open(policy: ResilienceOptions = {}) {
    const retried: RetryEvent[] = [];
    const pool = createPool({ ...stage.direct(), connectionLimit: 2 });
    const onRetry = (event: RetryEvent) => void retried.push(event);
    return { pool: stage.closing(withResilience(pool, { ...policy, onRetry })), retried };
  }

  describe('`timeout` of mysql2', () => {
    const timeout = 300;

    const ways: readonly (readonly [string, (pool: Resilient<Pool>, sql: string) => Promise<unknown>])[] = [
      ['query', (pool, sql) => pool.query({ sql, timeout })],
      ['execute', (pool, sql) => pool.execute({ sql, timeout })],
      ['with `idempotent`', (pool, sql) => pool.$resilience({ idempotent: true }).query({ sql, timeout })],
      [
        'on a connection that is held',
        async (pool, sql) => {
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
        (pool, sql) => transaction(pool, (tx) => tx.query({ sql, timeout }), { rerun: true }),
      ],
    ];

    test.each(ways)('ends a read: %s', async (_name, send) => {
      const { pool, retried } = open();
      await stage.lock();
      const error = await failureOf(send(pool, 'SELECT id FROM stage_rows'));
      expect(error).toMatchObject({ code: 'PROTOCOL_SEQUENCE_TIMEOUT' });
      expect(isGoneAwayError(error)).toBe(false);
      expect(retried).toEqual([]);
      // Its thread does not wait on for what nobody wants any more.
      await stage.inFlight(0);
    });

    test.each(ways)('ends a write, and says that nobody can know: %s', async (_name, send) => {
      const { pool, retried } = open();
      const unlock = await stage.lock();
      const error = await failureOf(send(pool, insertOne));
      expect(error).toMatchObject({ code: 'PROTOCOL_SEQUENCE_TIMEOUT' });
      expect(['unknown', 'rolled-back']).toContain(classify(error).outcome);
      expect(retried).toEqual([]);
      await stage.inFlight(0);
      await unlock();
      expect(await stage.rows()).toEqual([]);
      await pool.query(insertOne);
      expect(await stage.rows()).toEqual([1]);
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

    test('of a callback pool', async () => {
      const pool = withResilience(createCallbackPool({ ...stage.direct(), connectionLimit: 1 }));
      stage.after(() => new Promise<void>((resolve) => pool.end(() => resolve())));
      await stage.lock();
      const error = await new Promise((resolve) => {
        pool.query({ sql: 'SELECT id FROM stage_rows', timeout }, resolve);
      });
      expect(error).toMatchObject({ code: 'PROTOCOL_SEQUENCE_TIMEOUT' });
      await stage.inFlight(0);
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
      await expect.poll(() => stage.server.admin('SELECT 1 FROM information_schema.innodb_trx')).toEqual([]);
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

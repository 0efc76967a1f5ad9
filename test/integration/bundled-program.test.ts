import type { Pool } from 'mysql2/promise';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Resilient } from '../../adapters/mysql2/index.ts';
import { type Bundle, loadBundle } from '../support/mysql2/bundle.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';

const insertOne = 'INSERT INTO stage_rows (id) VALUES (1)';

describe('in a program that was bundled and minified with mysql2 inside', unhurried, () => {
  const stage = useStage('bundled');
  let bundle: Bundle;

  beforeAll(async () => {
    bundle = await loadBundle();
  });

  function open(): Resilient<Pool> {
    const pool = bundle.createPool({ ...stage.direct(), connectionLimit: 1 });
    return stage.closing(bundle.withResilience(pool));
  }

  test('classes of mysql2 have other names', async () => {
    const [header] = await open().query('DO 1');
    expect(header).toMatchObject({ affectedRows: 0 });
    expect(header.constructor.name).not.toBe('ResultSetHeader');
  });

  test.each([
    { left: 'a transaction', statements: ['BEGIN', insertOne] },
    { left: 'a transaction whose last statement was a SELECT', statements: ['BEGIN', insertOne, 'SELECT 1'] },
    { left: 'a transaction that autocommit = 0 has begun', statements: ['SET autocommit = 0', insertOne] },
  ])('$left that was left open is rolled back, and nobody else sees its rows', async ({ statements }) => {
    const pool = open();
    const held = await pool.getConnection();
    for (const statement of statements) await held.query(statement);
    held.release();
    expect((await pool.query('SELECT id FROM stage_rows'))[0]).toEqual([]);
    await pool.query('INSERT INTO stage_rows (id) VALUES (2)');
    await expect.poll(() => stage.rows(), patient).toEqual([2]);
  });

  test.each([['SET autocommit = 0'], ['SET autocommit = 0', 'SELECT 1']])(
    'the next user of a connection commits each statement after %s',
    async (...statements) => {
      const pool = open();
      const held = await pool.getConnection();
      for (const statement of statements) await held.query(statement);
      held.release();
      expect((await pool.query('SELECT @@autocommit AS autocommit'))[0]).toEqual([{ autocommit: 1 }]);
      await pool.query(insertOne);
      expect(await stage.rows()).toEqual([1]);
    },
  );

  test('a transaction with an idempotencyKey stores what mysql2 counts rows with', async () => {
    await stage.server.admin('DROP TABLE IF EXISTS gone_away_ledger');
    const pool = open();
    await bundle.createLedger(pool);
    const insert = () =>
      bundle.transaction(pool, async (tx) => (await tx.query(insertOne))[0], { idempotencyKey: 'order-42' });
    const [first, second] = [await insert(), await insert()];
    expect(first).toMatchObject({ affectedRows: 1 });
    expect(second).toEqual({ ...first });
    expect(await stage.rows()).toEqual([1]);
  });

  test('a transaction that may run again does so after a deadlock, and is applied once', async () => {
    await stage.server.admin('INSERT INTO stage_keyed (id) VALUES (1), (2)');
    const pool = open();
    const attempts: number[] = [];
    await stage.asRoot(async (root) => {
      await root.beginTransaction();
      await root.query('UPDATE stage_keyed SET writes = 10 WHERE id = 2');
      // InnoDB gives up the transaction that has changed less.
      await root.query(`INSERT INTO stage_keyed (id) VALUES ${Array.from({ length: 200 }, (_, id) => `(${id + 10})`)}`);
      let meeting: Promise<unknown> | undefined;
      const work = bundle.transaction(
        pool,
        async (tx, { attempt }) => {
          attempts.push(attempt);
          await tx.query(insertOne);
          await tx.query('UPDATE stage_keyed SET writes = writes + 1 WHERE id = 1');
          if (meeting === undefined) {
            meeting = root.query('UPDATE stage_keyed SET writes = 10 WHERE id = 1').then(() => root.commit());
            const waits = "SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'";
            await expect.poll(() => stage.server.admin(waits), patient).toMatchObject([{ Value: '1' }]);
          }
          await tx.query('UPDATE stage_keyed SET writes = writes + 1 WHERE id = 2');
        },
        { rerun: true },
      );
      await work;
      await meeting;
    });
    expect(attempts).toHaveLength(2);
    expect(await stage.rows()).toEqual([1]);
    const found = await stage.server.admin('SELECT id, writes FROM stage_keyed WHERE id < 10 ORDER BY id');
    expect(found).toMatchObject([
      { id: 1, writes: 11 },
      { id: 2, writes: 11 },
    ]);
  });
});

import { createPool, type Pool } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { type Resilient, withResilience } from '../../adapters/mysql2/index.ts';
import { classify } from '../../src/index.ts';
import { failureOf } from '../contract/outcome.ts';
import { unhurried, useStage } from '../support/stage.ts';

/** InnoDB gives up on a lock after a second, so that the second of two statements fails when the first has been committed. */
describe(
  'several statements in one request, of which the second fails with an error that one alone could be retried for',
  unhurried,
  () => {
    const stage = useStage('several');

    const open = (): Resilient<Pool> => {
      const pool = createPool({ ...stage.direct(), connectionLimit: 1, multipleStatements: true });
      pool.on('connection', (connection) => connection.query('SET SESSION innodb_lock_wait_timeout = 1'));
      return stage.closing(withResilience(pool, { retries: 2 }));
    };
    const lockKey = async () => {
      await stage.server.admin('INSERT INTO stage_keyed (id) VALUES (1)');
      const holder = createPool({ ...stage.direct(), connectionLimit: 1 });
      stage.closing(holder);
      await holder.query('BEGIN');
      await holder.query('SELECT * FROM stage_keyed FOR UPDATE');
    };
    const insert = 'INSERT INTO stage_rows (id) VALUES (1)';
    const update = 'UPDATE stage_keyed SET writes = 2 WHERE id = 1';

    test('are not sent again, whether they are a text or a procedure', async () => {
      await lockKey();
      const pool = open();
      expect(classify(await failureOf(pool.query(`${insert}; ${update}`)))).toMatchObject({
        errno: 1205,
        outcome: 'failed',
      });
      expect(await stage.rows()).toEqual([1]);
      await stage.server.admin('DROP PROCEDURE IF EXISTS insert_and_update');
      await stage.server.admin(`CREATE PROCEDURE insert_and_update() BEGIN ${insert}; ${update}; END`);
      expect(classify(await failureOf(pool.query('CALL insert_and_update()')))).toMatchObject({ errno: 1205 });
      expect(await stage.rows()).toEqual([1, 1]);
    });

    test('do not keep one alone from being sent again', async () => {
      await lockKey();
      const retried: unknown[] = [];
      const pool = open().$resilience({ retries: 1, onRetry: ({ failure }) => retried.push(failure.errno) });
      await failureOf(pool.query(update));
      expect(retried).toEqual([1205]);
    });
  },
);

import { createPool } from 'mysql2/promise';
import { beforeEach, describe, expect, test } from 'vitest';
import { transaction, withResilience } from '../../adapters/mysql2/index.ts';
import type { RetryEvent } from '../../src/index.ts';
import { failureOf } from '../contract/outcome.ts';
import { unhurried, useStage } from '../support/stage.ts';

describe('an error that a trigger makes up, with the number of another one', unhurried, () => {
  const stage = useStage('signalled');
  const numbers = [1213, 1205, 1053, 1290, 1047, 1927, 1040, 2013] as const;

  beforeEach(async () => {
    for (const number of numbers) {
      await stage.server.admin(
        `CREATE TRIGGER stage_signal_${number} BEFORE INSERT ON stage_rows FOR EACH ROW IF NEW.id = ${number} THEN ` +
          `SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = ${number}, MESSAGE_TEXT = 'mine'; END IF`,
      );
    }
  });

  function open() {
    const retried: RetryEvent[] = [];
    const pool = createPool({ ...stage.direct(), connectionLimit: 1 });
    return { pool: stage.closing(withResilience(pool, { onRetry: (event) => retried.push(event) })), retried };
  }

  const insert = (sender: { query(sql: string, values: unknown[]): Promise<unknown> }, id: number) =>
    sender.query('INSERT INTO stage_rows (id) VALUES (?)', [id]);

  test.each(numbers)('is the error itself, once: %d', async (number) => {
    const { pool, retried } = open();
    expect(await failureOf(insert(pool, number))).toMatchObject({ errno: number, sqlState: '45000' });
    expect(retried).toEqual([]);
    expect(await stage.rows()).toEqual([]);
  });

  test.each(numbers)('leaves a transaction as it is: %d', async (number) => {
    const { pool } = open();
    await transaction(pool, async (tx) => {
      await insert(tx, 1);
      await insert(tx, number).catch(() => {});
      await insert(tx, 3);
    });
    expect(await stage.rows()).toEqual([1, 3]);
  });
});

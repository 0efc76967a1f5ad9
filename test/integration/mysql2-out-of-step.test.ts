import { createPool, type Pool, type RowDataPacket } from 'mysql2/promise';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Resilient, transaction, withResilience } from '../../adapters/mysql2/index.ts';
import { unhurried, useStage } from '../support/stage.ts';

/** So much that most of it comes when the failure has long been told. */
const explosive = "SELECT id, REPEAT('x', 4000) AS pad FROM stage_rows ORDER BY seq";

/** Reads the first row, and fails at the second. */
function failingAtSecondRow() {
  let rows = 0;
  return {
    sql: explosive,
    typeCast: () => {
      rows += 1;
      if (rows === 3) throw new RangeError('of a typeCast');
      return rows;
    },
  };
}

describe('a result that cannot be read to its end', unhurried, () => {
  const stage = useStage('out-of-step');
  let pool: Resilient<Pool>;
  const ids = async () => (await pool.query<RowDataPacket[]>(explosive))[0].map(({ id }) => id as number);

  beforeEach(async () => {
    pool = withResilience(stage.closing(createPool({ ...stage.direct(), connectionLimit: 1 })));
    await stage.server.admin(
      `INSERT INTO stage_rows (id) WITH RECURSIVE n AS (SELECT 1 AS id UNION ALL SELECT id + 1 FROM n WHERE id < 900) SELECT id FROM n`,
    );
  });
  afterEach(() => vi.restoreAllMocks());

  test("is the error of whoever reads it, and its rest is nobody else's answer", async () => {
    await expect(pool.query(failingAtSecondRow())).rejects.toThrow('of a typeCast');
    const [first, second] = await Promise.all([ids(), pool.query('SELECT 5 AS five')]);
    expect(first).toHaveLength(900);
    expect(second[0]).toEqual([{ five: 5 }]);
  });

  test('in a transaction, ends it: what follows is not answered by its rest, and nothing is committed', async () => {
    const work = transaction(pool, async (tx) => {
      await tx.query('INSERT INTO stage_rows (id) VALUES (1000)');
      await tx.query(failingAtSecondRow()).catch(() => {});
      return tx.query('SELECT 5 AS five');
    });
    await expect(work).rejects.toThrow();
    expect(await stage.countOf(1000)).toBe(0);
  });

  test('on a connection that was taken from the pool, ends the connection', async () => {
    const connection = await pool.getConnection();
    connection.on('error', () => {});
    await expect(connection.query(failingAtSecondRow())).rejects.toThrow('of a typeCast');
    await expect(connection.query('SELECT 5 AS five')).rejects.toThrow();
    connection.release();
    expect(await ids()).toHaveLength(900);
  });

  test('is not the answer of a statement that waits behind it', async () => {
    const behind = 'SELECT COUNT(*) AS many FROM stage_rows';
    const connection = await pool.getConnection();
    connection.on('error', () => {});
    const [, waiting] = await Promise.allSettled([connection.query(failingAtSecondRow()), connection.query(behind)]);
    connection.release();
    if (waiting.status === 'fulfilled') expect(waiting.value[0]).toEqual([{ many: 900 }]);

    const work = transaction(pool, async (tx) => {
      const [, inTransaction] = await Promise.allSettled([tx.query(failingAtSecondRow()), tx.query(behind)]);
      if (inTransaction.status === 'fulfilled') expect(inTransaction.value[0]).toEqual([{ many: 900 }]);
      throw new Error('done');
    });
    await expect(work).rejects.toThrow('done');
    expect(await ids()).toHaveLength(900);
  });
});

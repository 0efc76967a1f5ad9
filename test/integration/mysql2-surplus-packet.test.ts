import { createPool, type Pool } from 'mysql2/promise';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Resilient, transaction, withResilience } from '../../adapters/mysql2/index.ts';
import { classify } from '../../src/index.ts';
import { failureOf } from '../contract/outcome.ts';
import { unhurried, useStage } from '../support/stage.ts';

const longest = 0xff_ff_ff;
const [head, tail] = ["INSERT INTO stage_blobs (data) VALUES ('", "')"];

describe('a statement behind which mysql2 sends an empty packet too many', unhurried, () => {
  const stage = useStage('surplus-packet', ['--max-allowed-packet=67108864']);

  /** In front of a text: the byte that says what it is; and on MySQL the number of its attributes, and 1. */
  let inFront = 1;

  /** An INSERT that fills so many bytes of its packets. */
  const insertOf = (bytes: number) => head + 'x'.repeat(bytes - inFront - head.length - tail.length) + tail;

  beforeAll(async () => {
    await stage.server.admin('CREATE TABLE stage_blobs (data LONGBLOB)');
    const [{ version }] = await stage.server.admin<[{ version: string }]>('SELECT VERSION() AS version');
    inFront = version.includes('MariaDB') ? 1 : 3;
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await stage.server.admin('TRUNCATE TABLE stage_blobs');
  });

  const open = (): Resilient<Pool> =>
    stage.closing(withResilience(createPool({ ...stage.direct(), connectionLimit: 1 })));
  const idOn = async (pool: Pool) => (await pool.query('SELECT CONNECTION_ID() AS id'))[0];
  const countBlobs = () => stage.server.admin('SELECT COUNT(*) AS count FROM stage_blobs');

  test.each([longest - 3, longest - 1, 2 * longest - 2])(
    'is answered, and its session, which the server ends, is not used again: %d bytes',
    async (bytes) => {
      const printed = vi.spyOn(console, 'error');
      const pool = open();
      const before = await idOn(pool);
      expect((await pool.query(insertOf(bytes)))[0]).toMatchObject({ affectedRows: 1 });
      expect(await idOn(pool)).not.toEqual(before);
      expect(await countBlobs()).toEqual([{ count: 1 }]);
      expect(printed).not.toHaveBeenCalled();
    },
  );

  test.each([longest - 4, longest, 2 * longest])(
    'is none of those that are shorter, or fill their packets, and these keep their session: %d bytes',
    async (bytes) => {
      const pool = open();
      const before = await idOn(pool);
      expect((await pool.query(insertOf(bytes)))[0]).toMatchObject({ affectedRows: 1 });
      expect(await idOn(pool)).toEqual(before);
    },
  );

  test('is answered as a prepared statement, too', async () => {
    const pool = open();
    const sessions = new Set<string>();
    // What is in front of the value differs from server to server: some of these are such statements.
    const lengths = [24, 23, 22, 21, 20, 19, 18, 17, 16, 15].map((more) => longest - more);
    for (const length of lengths) {
      const [rows] = await pool.execute('SELECT LENGTH(?) AS length', [Buffer.alloc(length, 'x')]);
      expect(rows).toEqual([{ length }]);
      sessions.add(JSON.stringify(await idOn(pool)));
    }
    expect(sessions.size).toBeGreaterThan(2);
  });

  test('is not executed where all of it is the text that is prepared', async () => {
    // PREPARE has no attributes.
    const error = await failureOf(open().execute(insertOf(longest - 2 + inFront - 1)));
    expect(classify(error).outcome).toBe('not-executed');
    expect(await countBlobs()).toEqual([{ count: 0 }]);
  });

  test('ends its transaction, which is rolled back, and says so', async () => {
    const pool = open();
    const work = transaction(pool, async (tx) => {
      await tx.query('INSERT INTO stage_rows (id) VALUES (1)');
      await tx.query(insertOf(longest - 2));
      await tx.query('INSERT INTO stage_rows (id) VALUES (2)');
    });
    const error = await failureOf(work);
    expect(classify(error)).toMatchObject({ kind: 'connection-lost', outcome: 'rolled-back' });
    expect(error.message).toMatch('an empty packet too many');
    expect(await stage.rows()).toEqual([]);
    expect(await countBlobs()).toEqual([{ count: 0 }]);
  });

  test('ends its transaction also where it is the last statement', async () => {
    const pool = open();
    const error = await failureOf(transaction(pool, (tx) => tx.query(insertOf(longest - 2))));
    expect(classify(error)).toMatchObject({ kind: 'connection-lost', outcome: 'rolled-back' });
    expect(await countBlobs()).toEqual([{ count: 0 }]);
  });

  test('is answered on a connection that is held, on which nothing is sent any more', async () => {
    const pool = open();
    const held = await pool.getConnection();
    expect((await held.query(insertOf(longest - 2)))[0]).toMatchObject({ affectedRows: 1 });
    await failureOf(held.query('INSERT INTO stage_rows (id) VALUES (1)'));
    held.release();
    expect(await countBlobs()).toEqual([{ count: 1 }]);
    expect(await stage.rows()).toEqual([]);
    await pool.query('SELECT 1');
  });
});

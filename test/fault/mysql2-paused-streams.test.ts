import type { Readable } from 'node:stream';
import { type Connection, createPool as createCallbackPool, type PoolConnection } from 'mysql2';
import { createPool } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { withResilience } from '../../adapters/mysql2/index.ts';
import { later } from '../contract/outcome.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';

const digits =
  '(SELECT 0 AS d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)';
/** @param rows at most a million */
const select = (rows: number, what = '1 AS one') =>
  `SELECT ${what} FROM ${['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `${digits} AS ${name}`).join(', ')} LIMIT ${rows}`;

type Streaming = (connection: Connection, sql: string) => Readable;

describe('a command behind a stream of the same connection', unhurried, () => {
  const stage = useStage('paused-streams');

  const hold = async (): Promise<PoolConnection> => {
    const pool = stage.closing(withResilience(createPool({ ...stage.direct(), connectionLimit: 1 })));
    const held = await pool.getConnection();
    stage.after(async () => held.destroy());
    return held.connection as unknown as PoolConnection;
  };
  const holdOfCallbackPool = async (): Promise<PoolConnection> => {
    const pool = withResilience(createCallbackPool({ ...stage.direct(), connectionLimit: 1 }));
    stage.after(() => pool.promise().end());
    const held = await new Promise<PoolConnection>((resolve, reject) =>
      pool.getConnection((error, connection) => (error ? reject(error) : resolve(connection))),
    );
    stage.after(async () => held.destroy());
    return held;
  };
  const query: Streaming = (connection, sql) => connection.query(sql).stream();
  const execute: Streaming = (connection, sql) =>
    (connection.execute as unknown as (text: string) => { stream(): Readable }).call(connection, sql).stream();

  test.each([
    ['query(), of a promise pool', hold, query],
    ['execute(), of a promise pool', hold, execute],
    ['query(), of a callback pool', holdOfCallbackPool, query],
  ])('is answered, also where its reader waits for it at every row: %s', async (_, begin, stream) => {
    const held = await begin();
    let rows = 0;
    for await (const row of stream(held, select(1_500))) {
      expect(row).toEqual({ one: 1 });
      rows += 1;
      if (rows % 100 === 1) expect((await held.promise().query('SELECT 2 AS two'))[0]).toEqual([{ two: 2 }]);
      if (rows % 100 === 2) expect((await held.promise().execute('SELECT 3 AS three'))[0]).toEqual([{ three: 3 }]);
    }
    expect(rows).toBe(1_500);
  });

  test('is answered in a transaction, and belongs to it', async () => {
    const held = await holdOfCallbackPool();
    await held.promise().beginTransaction();
    for await (const _ of query(held, select(1_500))) {
      await held.promise().query('INSERT INTO stage_rows (id) VALUES (1)');
      break;
    }
    await held.promise().rollback();
    expect(await stage.rows()).toEqual([]);
  });

  test.each([
    { of: 'so many rows', sql: select(300_000), most: 65_536 + 1_000 },
    { of: 'so many bytes', sql: select(10_000, "REPEAT('x', 65536) AS text"), most: 1_000 },
  ])('waits until the stream is read, where $of are left, and memory stays bounded', async ({ sql, most }) => {
    const held = await hold();
    const stream = query(held, sql);
    await new Promise((resolve) => stream.once('readable', resolve));
    const answer = later(held.promise().query('SELECT 2 AS two'));
    let answered = false;
    answer.then(() => {
      answered = true;
    });
    await expect.poll(() => stream.readableLength, patient).toBeGreaterThan(200);
    // As full as it gets: its connection is paused.
    const isPaused = () => (held as unknown as { stream: { isPaused(): boolean } }).stream.isPaused();
    await expect.poll(isPaused, patient).toBe(true);
    expect(stream.readableLength).toBeLessThan(most);
    expect(answered).toBe(false);
    let longest = 0;
    for await (const _ of stream) longest = Math.max(longest, stream.readableLength);
    expect(longest).toBeLessThan(most);
    expect((await answer)[0]).toEqual([{ two: 2 }]);
  });

  test('keeps no stream from holding up its connection where nothing waits behind it', async () => {
    const held = await hold();
    const stream = query(held, select(300_000));
    let rows = 0;
    for await (const _ of stream) {
      rows += 1;
      expect(stream.readableLength).toBeLessThan(100);
    }
    expect(rows).toBe(300_000);
  });

  test('leaves a connection paused that your code has paused, while it reads rows from events', async () => {
    const held = await hold();
    let rows = 0;
    const command = held.query(select(5_000));
    const ended = new Promise((resolve) => command.on('end', resolve));
    let isBusy = false;
    command.on('result', () => {
      expect(isBusy, 'a row while the connection is paused').toBe(false);
      rows += 1;
      if (rows % 1_000 !== 0) return;
      isBusy = true;
      held.pause();
      setImmediate(() => {
        isBusy = false;
        held.resume();
      });
    });
    const answer = held.promise().query('SELECT 2 AS two');
    await ended;
    expect(rows).toBe(5_000);
    expect((await answer)[0]).toEqual([{ two: 2 }]);
  });
});

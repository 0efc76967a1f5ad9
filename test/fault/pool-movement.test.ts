import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { drizzle, type MySql2Database } from 'drizzle-orm/mysql2';
import { type Pool as CallbackPool, createPool as createCallbackPool, type PoolConnection } from 'mysql2';
import { createPool } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { withResilience as withDrizzle } from '../../adapters/drizzle/index.ts';
import { type Resilient, withResilience } from '../../adapters/mysql2/index.ts';
import { AcquireTimeoutError, type ResilienceOptions } from '../../src/index.ts';
import { failureOf, killAll } from '../contract/outcome.ts';
import { useStage } from '../support/stage.ts';

/** Longer than a pool may stand still by default. */
const aWhile = 33_000;

/** More rows than anybody reads meanwhile. */
const endless = 'SELECT a.id, a.seq FROM stage_rows a, stage_rows b, stage_rows c';

/** A call that waits for a connection waits while something moves, and no longer than its limit once nothing does. */
describe('a pool whose connections are all in use', { timeout: 90_000 }, () => {
  const stage = useStage('pool-movement');

  const callbackPool = (policy: ResilienceOptions = {}): Resilient<CallbackPool> => {
    const pool = createCallbackPool({ ...stage.direct(), connectionLimit: 1 });
    stage.after(async () => pool.end(() => {}));
    return withResilience(pool, policy);
  };

  const held = (pool: CallbackPool): Promise<PoolConnection> =>
    new Promise((resolve, reject) => {
      pool.getConnection((error, connection) => {
        if (error) return reject(error);
        stage.after(async () => connection.destroy());
        resolve(connection);
      });
    });

  const answer = (pool: Pick<CallbackPool, 'query'>): Promise<unknown> =>
    new Promise((resolve, reject) => pool.query('SELECT 1', (error, rows) => (error ? reject(error) : resolve(rows))));

  /** Reads on and on, until the test is over. */
  async function read(rows: AsyncIterable<unknown>, every: number, pause: number, begun: () => void): Promise<void> {
    const over = new AbortController();
    stage.after(async () => over.abort());
    let count = 0;
    for await (const _ of rows) {
      count += 1;
      begun();
      if (count % every === 0) await delay(pause, undefined, over);
    }
  }

  /** Resolves when the first row was read. What becomes of the reading later is nobody's business. */
  const begin = (rows: AsyncIterable<unknown>, every: number, pause: number): Promise<void> =>
    new Promise((begun, failed) => {
      read(rows, every, pause, begun).catch(failed);
    });

  const fill = async () => {
    const rows = Array.from({ length: 500 }, (_, id) => `(${id})`);
    await stage.server.admin(`INSERT INTO stage_rows (id) VALUES ${rows}`);
  };

  const database = () =>
    withDrizzle(drizzle({ client: stage.closing(createPool({ ...stage.direct(), connectionLimit: 1 })) }));

  const iterate = (db: ReturnType<typeof database>): AsyncIterable<unknown> =>
    (db as unknown as MySql2Database)
      .select({ id: sql`a.id` })
      .from(sql`stage_rows a, stage_rows b, stage_rows c`)
      .iterator();

  const streamOf = (pool: Pick<CallbackPool, 'query'> | PoolConnection): AsyncIterable<unknown> =>
    pool.query(endless).stream();

  test('counts as leaked after 30 s if nothing happens, and never while rows are read or the server is at work', async () => {
    // Whoever reads is stopped, and so are the others.
    stage.after(() => stage.asRoot(killAll));
    await fill();
    const reads = [callbackPool(), callbackPool(), callbackPool(), callbackPool()] as const;
    const iterates = [database(), database()] as const;
    const raw = createCallbackPool({ ...stage.direct(), connectionLimit: 1 });
    stage.after(async () => raw.end(() => {}));
    const besideRaw = withResilience(raw);
    await answer(besideRaw);
    const silent = createCallbackPool({ ...stage.routed(), connectionLimit: 1 });
    stage.after(async () => silent.end(() => {}));
    const besideSilent = withResilience(silent, { watch: { after: 150, timeout: 400 } });

    await Promise.all([
      begin(streamOf(reads[0]), 100, 10),
      begin(streamOf(await held(reads[1])), 100, 10),
      begin(iterate(iterates[0]), 100, 10),
      // Who takes a row now and then reads no byte for that: they have all come long ago.
      begin(streamOf(reads[2]), 1, 700),
      begin(iterate(iterates[1]), 1, 700),
      begin(streamOf(reads[3]), 1, 600_000),
    ]);
    const atWork = new Promise((resolve) => raw.query(`SELECT SLEEP(${aWhile / 1_000})`, resolve));
    await answer(silent);
    const stuck = new Promise<void>((sent) => {
      const stop = stage.router.onClientData(() => {
        stop();
        sent();
        return undefined;
      });
    });
    stage.router.set('drop-s2c');
    silent.query('SELECT 2', () => {});
    await stuck;

    const startedAt = performance.now();
    const leaked = failureOf(answer(reads[3]));
    const dead = failureOf(answer(besideSilent));
    const waiting = [
      ...[reads[0], reads[1], reads[2]].map(answer),
      ...iterates.map((db) => db.execute(sql`SELECT 1`)),
    ].map((call) => call.then(() => 'answered', String));
    const behindRaw = answer(besideRaw);

    const hasEnded = Promise.all([leaked, dead]);
    const first = await Promise.race([...waiting, leaked]);
    expect(first).toBeInstanceOf(AcquireTimeoutError);
    expect(String(first)).toMatch(/nothing happened on any for \d+ ms/);
    expect(performance.now() - startedAt).toBeGreaterThan(29_900);
    expect(await behindRaw).toEqual([{ 1: 1 }]);
    await atWork;
    for (const error of await hasEnded) expect(error).toBeInstanceOf(AcquireTimeoutError);
    // All others wait on, and would for as long as rows are taken.
    expect(await Promise.race([...waiting, delay(500, 'waiting')])).toBe('waiting');
  });

  test('waits for `acquireTimeout` anew whenever one came back, also one that was not taken through gone-away', async () => {
    const raw = createCallbackPool({ ...stage.direct(), connectionLimit: 1 });
    stage.after(async () => raw.end(() => {}));
    const pool = withResilience(raw, { acquireTimeout: 2_000 });
    await answer(pool);
    let done = 0;
    for (let n = 0; n < 6; n += 1) {
      raw.query('SELECT SLEEP(0.6)', () => {
        done += 1;
      });
    }
    expect(await answer(pool)).toEqual([{ 1: 1 }]);
    expect(done).toBe(6);
    raw.query('SELECT SLEEP(8)', () => {});
    const startedAt = performance.now();
    expect(await failureOf(answer(pool))).toBeInstanceOf(AcquireTimeoutError);
    expect(performance.now() - startedAt).toBeLessThan(6_000);
  });
});

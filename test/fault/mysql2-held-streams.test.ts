import { once } from 'node:events';
import { createPool as createCallbackPool, type PoolConnection } from 'mysql2';
import { createPool } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { withResilience } from '../../adapters/mysql2/index.ts';
import { classify } from '../../src/index.ts';
import { failureOf, later } from '../contract/outcome.ts';
import { readAll, readEvents } from '../support/mysql2/read-rows.ts';
import { recordStatements } from '../support/proxy/record-statements.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';

const select = 'SELECT id FROM stage_rows ORDER BY seq';
const many = 5_000;

type Read = (held: PoolConnection) => Promise<readonly unknown[]>;
const stream: Read = (held) => readAll(held.query(select).stream());

describe('rows that are read on a connection that is held', unhurried, () => {
  const stage = useStage('held-streams');
  const options = () => ({ ...stage.proxied(), connectionLimit: 1 });

  const takeOfCallbackPool = async (): Promise<PoolConnection> => {
    const pool = createCallbackPool(options());
    stage.closing(pool.promise());
    return new Promise((resolve, reject) => {
      withResilience(pool).getConnection((error, held) => (error ? reject(error) : resolve(held)));
    });
  };
  /** What a promise connection stands on: mysql2's way from promises to streams. */
  const takeOfPromisePool = async (): Promise<PoolConnection> => {
    const held = await stage.closing(withResilience(createPool(options()))).getConnection();
    return (held as unknown as { connection: PoolConnection }).connection;
  };

  const ways: readonly (readonly [string, () => Promise<PoolConnection>, Read])[] = [
    ['a stream', takeOfCallbackPool, stream],
    ['events', takeOfCallbackPool, (held) => readEvents(held.query(select))],
    ['a stream of `execute()`', takeOfCallbackPool, (held) => readAll(held.execute(select).stream())],
    ['a stream of a promise pool’s connection', takeOfPromisePool, stream],
  ];

  const fill = async (count: number) => {
    const values = Array.from({ length: count }, (_, id) => `(${id})`).join();
    await stage.server.admin(`INSERT INTO stage_rows (id) VALUES ${values}`);
  };

  describe.each(ways)('%s', (_name, take, read) => {
    test('come as on a bare pool', async () => {
      await fill(many);
      const held = await take();
      expect(await read(held)).toHaveLength(many);
      held.release();
    });

    test('end with an error, and are not asked for again, when it is killed before the first of them', async () => {
      await fill(3);
      const held = await take();
      await read(held);
      const unlock = await stage.lock();
      const failure = later(failureOf(read(held)));
      const ids = await stage.inFlight(1);
      const sent = recordStatements(stage.proxy);
      for (const id of ids) await stage.server.killThread(id);
      expect(classify(await failure)).toMatchObject({ kind: 'connection-lost' });
      await unlock();
      held.release();
      expect(sent.times(select)).toBe(0);
    });

    test('end with an error on a connection that was lost before, with a statement under way or with none', async () => {
      for (const isIdle of [true, false]) {
        const held = await take();
        const ended = once(held, 'end');
        const unlock = await stage.lock();
        const lost = isIdle ? undefined : later(failureOf(held.promise().query(select)));
        if (!isIdle) await stage.inFlight(1);
        await stage.server.killThread(held.threadId ?? 0);
        await Promise.all([ended, unlock()]);
        const expected = isIdle ? { kind: 'closed', outcome: 'not-executed' } : { kind: 'connection-lost' };
        if (lost !== undefined) expect(classify(await lost)).toMatchObject(expected);
        // mysql2 may throw instead: where PREPARE is refused, nobody listens to EXECUTE yet.
        const readOrThrow = async () => await read(held);
        for (let n = 0; n < 2; n += 1) expect(classify(await failureOf(readOrThrow()))).toMatchObject(expected);
        held.release();
      }
    });

    test.each(['rst', 'fin'] as const)(
      'end with an error in their middle, and so do those behind them (%s)',
      async (how) => {
        await fill(many);
        const held = await take();
        const cut = stage.proxy.cutAfter('s2c', 20_000, how);
        const errors = await Promise.all([read(held), stream(held)].map(failureOf));
        await cut;
        for (const error of errors) expect(classify(error)).toMatchObject({ kind: 'connection-lost' });
        held.release();
        await expect.poll(() => stage.proxy.connections(), patient).toBe(0);
      },
    );
  });
});

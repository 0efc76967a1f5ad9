import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createPool, type Pool, type PoolConnection } from 'mysql2';
import { describe, expect, test } from 'vitest';
import { missingInternals, watchConnection } from '../../adapters/mysql2/driver.ts';
import { unhurried, useStage } from '../support/stage.ts';

const { version } = JSON.parse(readFileSync(createRequire(import.meta.url).resolve('mysql2/package.json'), 'utf8')) as {
  version: string;
};

describe(`mysql2 ${version}`, unhurried, () => {
  const stage = useStage('driver');

  async function open(): Promise<{ pool: Pool; connection: PoolConnection }> {
    const pool = createPool(stage.direct());
    stage.closing(pool.promise());
    const connection = await new Promise<PoolConnection>((resolve, reject) => {
      pool.getConnection((error, made) => (error ? reject(error) : resolve(made)));
    });
    return { pool, connection };
  }

  test('has everything that the evidence rests on', async () => {
    const { pool, connection } = await open();
    expect(
      missingInternals(pool, connection),
      `mysql2 ${version} no longer has this; see adapters/mysql2/driver.ts`,
    ).toEqual([]);
  });

  test.each(['stream', '_command', '_commands', 'addCommand', '_fatalError', '_protocolError', '_pool'])(
    'would be told apart from one without connection.%s',
    async (name) => {
      const { pool, connection } = await open();
      const without = new Proxy(connection, {
        get: (target, key) => (key === name ? undefined : Reflect.get(target, key)),
        has: (target, key) => key !== name && Reflect.has(target, key),
      });
      expect(missingInternals(pool, without)).toEqual([expect.stringContaining(`connection.${name}:`)]);
    },
  );

  test.each(['_closed', '_freeConnections', '_allConnections', 'config'])(
    'would be told apart from one without pool.%s',
    async (name) => {
      const { pool, connection } = await open();
      const without = new Proxy(pool, { get: (target, key) => (key === name ? undefined : Reflect.get(target, key)) });
      expect(missingInternals(without, connection)).toEqual([expect.stringContaining(`pool.${name}`)]);
    },
  );

  test('shows of each command whether it was written', async () => {
    const { connection } = await open();
    const nothing = () => {};
    const wire = watchConnection(connection, {
      command: nothing,
      lost: nothing,
      release: () => false,
      destroyed: nothing,
    });
    const [first, second] = [connection.query('SELECT 1', nothing), connection.query('SELECT 2', nothing)];
    expect([wire.progressOf(first), wire.progressOf(second), wire.progressOf(undefined)]).toEqual([
      'written',
      'not-written',
      'not-written',
    ]);
    await new Promise<void>((resolve) => second.once('end', () => resolve()));
    expect(wire.progressOf(second)).toBe('written');
    connection.release();
  });
});

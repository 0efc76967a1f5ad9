import { drizzle } from 'drizzle-orm/mysql2';
import { createPool } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { withResilience as withResilientDatabase } from '../../adapters/drizzle/index.ts';
import { transaction, withResilience } from '../../adapters/mysql2/index.ts';
import { createDrizzleBinding } from '../contract/bindings/drizzle.ts';
import { createCallbackBinding, createPromiseBinding } from '../contract/bindings/mysql2.ts';
import { createPrismaBinding } from '../contract/bindings/prisma.ts';
import { later } from '../contract/outcome.ts';
import { errorPacket } from '../support/proxy/error-packet.ts';
import { recordStatements } from '../support/proxy/record-statements.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';

const rerun = { rerun: true } as const;
const fast = { minTimeout: 0, maxTimeout: 0 } as const;

/** What a cluster says to a COMMIT whose changes were refused by another node; nothing of the transaction is left then. */
const refusals = [
  { errno: 1213, sqlState: '40001', message: 'Deadlock found when trying to get lock; try restarting transaction' },
  { errno: 3101, sqlState: '40000', message: 'Plugin instructed the server to rollback the current transaction.' },
] as const;

describe.each([
  ['a promise pool', createPromiseBinding],
  ['a callback pool', createCallbackBinding],
  ['Drizzle', createDrizzleBinding],
  ['Prisma', createPrismaBinding],
] as const)('a COMMIT that is refused, through %s', unhurried, (_name, create) => {
  const stage = useStage('reruns');

  test.each(refusals)('with $errno makes the transaction run again, which is applied once', async (refusal) => {
    const binding = stage.closing(create({ connection: stage.proxied(), connectionLimit: 1, policy: fast }));
    await binding.read();
    const stop = stage.proxy.onClientData((chunk, connection) => {
      if (!/commit/i.test(chunk.toString('latin1'))) return 'forward';
      stop();
      // The server itself has never heard of that COMMIT; what follows it is a ROLLBACK.
      connection.answer(errorPacket(refusal.errno, refusal.sqlState, refusal.message));
      return 'swallow';
    });
    const attempts: number[] = [];
    await binding.transaction(async (tx, { attempt }) => {
      attempts.push(attempt);
      await tx.insert(attempt);
    }, rerun);
    expect(attempts).toEqual([1, 2]);
    expect(await stage.rows()).toEqual([2]);
  });
});

describe('a transaction whose first statements are sent together', unhurried, () => {
  const stage = useStage('reruns-together');

  test('begins again for all of them, when the first was refused', async () => {
    const onRetry = () => void stage.server.admin('SET GLOBAL read_only = 0');
    const pool = stage.closing(
      withResilience(createPool({ ...stage.direct(), connectionLimit: 1 }), { ...fast, retries: 100, onRetry }),
    );
    await pool.query('SELECT id FROM stage_rows');
    await stage.server.admin('SET GLOBAL read_only = 1');
    let runs = 0;
    const rows = await transaction(pool, async (connection) => {
      runs += 1;
      const refused = later(connection.query('INSERT INTO stage_rows (id) VALUES (1)'));
      const [found] = await connection.query('SELECT id FROM stage_rows');
      await refused;
      return found;
    });
    expect(rows).toEqual([{ id: 1 }]);
    expect(runs).toBe(1);
    expect(await stage.rows()).toEqual([1]);
  });
});

describe('a server that rolls back the whole transaction after a lock wait timeout', unhurried, () => {
  const stage = useStage('reruns-timeout', ['--innodb-rollback-on-timeout=1', '--innodb-lock-wait-timeout=1']);

  test('is sent ROLLBACK all the same, and the transaction runs again', async () => {
    await stage.server.admin('INSERT INTO stage_keyed (id, writes) VALUES (1, 0)');
    const pool = stage.closing(withResilience(createPool({ ...stage.proxied(), connectionLimit: 1 }), fast));
    await pool.query('SELECT id FROM stage_rows');
    const sent = recordStatements(stage.proxy);
    const unlock = await stage.lockKeyed(1);
    await transaction(
      pool,
      async (connection, { attempt }) => {
        await connection.query('INSERT INTO stage_rows (id) VALUES (?)', [attempt]);
        try {
          await connection.query('UPDATE stage_keyed SET writes = writes + 1 WHERE id = 1');
        } catch (error) {
          await unlock();
          throw error;
        }
      },
      rerun,
    );
    expect(await stage.rows()).toEqual([2]);
    expect(sent.count('ROLLBACK')).toBe(1);
    expect(sent.count('COMMIT')).toBe(1);
  });
});

describe('each run of a transaction', unhurried, () => {
  const stage = useStage('reruns-options');
  const breakOnce = async (attempt: number) => {
    if (attempt > 1) return;
    stage.proxy.resetAll();
    await expect.poll(() => stage.proxy.connections(), patient).toBe(0);
  };

  test('begins with the same isolation level, access mode and snapshot: mysql2', async () => {
    const pool = stage.closing(withResilience(createPool(stage.proxied()), fast));
    const sent = recordStatements(stage.proxy);
    await transaction(
      pool,
      async (connection, { attempt }) => {
        await connection.query('INSERT INTO stage_rows (id) VALUES (1)');
        await breakOnce(attempt);
      },
      { ...rerun, isolationLevel: 'repeatable read', accessMode: 'read write', withConsistentSnapshot: true },
    );
    expect(sent.count('SET TRANSACTION ISOLATION LEVEL repeatable read')).toBe(2);
    expect(sent.count('START TRANSACTION WITH CONSISTENT SNAPSHOT, read write')).toBe(2);
  });

  test('begins with the same isolation level, access mode and snapshot: Drizzle', async () => {
    const db = withResilientDatabase(drizzle(stage.closing(createPool(stage.proxied()))), fast);
    const sent = recordStatements(stage.proxy);
    await db.transaction(
      async (tx, { attempt }) => {
        await tx.execute('INSERT INTO stage_rows (id) VALUES (1)');
        await breakOnce(attempt);
      },
      { ...rerun, isolationLevel: 'repeatable read', accessMode: 'read write', withConsistentSnapshot: true },
    );
    expect(sent.count('set transaction isolation level repeatable read')).toBe(2);
    expect(sent.count('start transaction with consistent snapshot, read write')).toBe(2);
  });
});

describe('a statement that mysql2 refuses to make', unhurried, () => {
  const stage = useStage('reruns-unmade');

  test('was not sent, so that its transaction may still run again', async () => {
    const pool = withResilience(stage.closing(createPool({ ...stage.proxied(), connectionLimit: 1 })), fast);
    const attempts: number[] = [];
    await transaction(
      pool,
      async (tx, { attempt }) => {
        attempts.push(attempt);
        await expect(tx.execute('SELECT ?', [undefined] as never)).rejects.toThrow(/undefined/);
        await tx.query('INSERT INTO stage_rows (id) VALUES (1)');
        if (attempt > 1) return;
        stage.proxy.resetAll();
        await expect.poll(() => stage.proxy.connections(), patient).toBe(0);
      },
      rerun,
    );
    expect(attempts).toEqual([1, 2]);
    expect(await stage.rows()).toEqual([1]);
  });
});

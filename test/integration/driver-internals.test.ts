import { createPool, type PoolConnection } from 'mysql2';
import { describe, expect, test } from 'vitest';
import { transaction, withResilience } from '../../adapters/mysql2/index.ts';
import { OutcomeUnknownError } from '../../src/index.ts';
import { failureOf } from '../contract/outcome.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';

interface Internals {
  readonly handlePacket: (packet?: unknown) => void;
  addCommand: (command: unknown) => unknown;
}

/** As in a version of mysql2 that reads its packets in another way: mysql2 itself finds its method as soon as it needs it. */
function hidePackets(connection: PoolConnection): void {
  const internals = connection as unknown as Internals;
  const { handlePacket, addCommand } = internals;
  let isHidden = true;
  Object.defineProperty(connection, 'handlePacket', { get: () => (isHidden ? undefined : handlePacket) });
  internals.addCommand = (command) => {
    isHidden = false;
    return addCommand.call(connection, command);
  };
}

describe('a version of mysql2 whose packets cannot be read', unhurried, () => {
  const stage = useStage('internals');

  const open = () => {
    const pool = createPool({ ...stage.proxied(), connectionLimit: 1 });
    stage.closing(pool.promise());
    pool.on('connection', hidePackets);
    return withResilience(pool.promise());
  };

  test('is warned of once, by the name of what is missing', async () => {
    const warnings: Error[] = [];
    const listener = (warning: Error) => void warnings.push(warning);
    process.on('warning', listener);
    stage.after(async () => process.off('warning', listener));
    for (const pool of [open(), open()]) await pool.query('SELECT 1');
    await expect.poll(() => warnings.length, patient).toBe(1);
    expect(warnings[0]).toMatchObject({ code: 'GONE_AWAY_MYSQL2' });
    expect(warnings[0]?.message).toMatch(/Missing: connection\.handlePacket: whether packets come in order$/);
  });

  test('is worked with, and hands no session on of which nothing is known', async () => {
    const pool = open();
    await pool.query('INSERT INTO stage_rows (id) VALUES (1)');
    const held = await pool.getConnection();
    await held.query('BEGIN');
    await held.query('INSERT INTO stage_rows (id) VALUES (2)');
    held.release();
    await pool.query('INSERT INTO stage_rows (id) VALUES (3)');
    expect(await stage.rows()).toEqual([1, 3]);
    expect(await transaction(pool, async (tx) => tx.query('INSERT INTO stage_rows (id) VALUES (4)'))).toHaveLength(2);
    expect(await stage.rows()).toEqual([1, 3, 4]);
  });

  test('knows less of what was lost, and repeats no write', async () => {
    const pool = open();
    const unlock = await stage.lock();
    const error = failureOf(
      transaction(pool, async (tx) => tx.query('INSERT INTO stage_rows (id) VALUES (1)'), { rerun: true }),
    );
    await stage.inFlight(1);
    stage.proxy.resetAll();
    await unlock();
    expect(await error).toBeInstanceOf(OutcomeUnknownError);
    expect(await stage.rows()).toEqual([]);
  });
});

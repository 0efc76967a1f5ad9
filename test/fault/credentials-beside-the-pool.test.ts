import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Pool, RowDataPacket } from 'mysql2/promise';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Credentials, type Resilient, withResilience } from '../../adapters/mysql2/index.ts';
import { OutcomeUnknownError, type ResilienceOptions, type SessionKilledEvent } from '../../src/index.ts';
import { failureOf, later } from '../contract/outcome.ts';
import { RotatingUser } from '../support/mysql2/rotating-user.ts';
import { notOurs } from '../support/server/server.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';

/** Without PROCESS, a user sees no sessions but its own. */
const grants = 'SELECT, INSERT, UPDATE, DELETE';

const sleeper = 'UPDATE stage_keyed SET writes = writes + 1 + SLEEP(60) WHERE id = 1';

describe('a connection beside the pool, while credentials change', unhurried, () => {
  const stage = useStage('credentials-beside');
  let user: RotatingUser;

  const open = (policy: ResilienceOptions = {}, credentials: () => Credentials = user.credentials): Resilient<Pool> => {
    const { user: _, password: __, ...place } = stage.routed();
    return stage.closing(withResilience({ ...place, connectionLimit: 5, credentials }, policy));
  };
  const kills = (): SessionKilledEvent[] => {
    const events: SessionKilledEvent[] = [];
    const listener = (event: unknown) => events.push(event as SessionKilledEvent);
    subscribe('gone-away:session-killed', listener);
    stage.after(async () => unsubscribe('gone-away:session-killed', listener));
    return events;
  };

  beforeEach(async () => {
    user = new RotatingUser(stage, 'beside');
    await user.create(grants);
    await stage.server.admin('INSERT INTO stage_keyed (id) VALUES (1)');
  });

  test('stops the thread of a lost session with the new ones', async () => {
    const events = kills();
    const pool = open({ attemptTimeout: 300 });
    await pool.query('SELECT 1');
    await user.rotate();
    expect(await failureOf(pool.query(sleeper))).toBeInstanceOf(OutcomeUnknownError);
    await pool.$resilience({ idempotent: true }).query('UPDATE stage_keyed SET writes = 7 WHERE id = 1');
    expect(events.map(({ result }) => result)).toEqual(['gone']);
    expect(await stage.server.admin('SELECT writes FROM stage_keyed')).toEqual([{ writes: 7 }]);
  });

  test('asks for them once more when they were refused (1045)', async () => {
    const events = kills();
    let stale = 0;
    const pool = open({ attemptTimeout: 300 }, () => {
      const given = user.credentials();
      // Whoever keeps them in a cache notices later.
      stale -= 1;
      return stale >= 0 ? { ...given, password: 'SECRET-stale' } : given;
    });
    await pool.query('SELECT 1');
    stale = 1;
    expect(await failureOf(pool.query(sleeper))).toBeInstanceOf(OutcomeUnknownError);
    await expect.poll(() => events.map(({ result }) => result), patient).toEqual(['gone']);
  });

  test('waits for a slow statement that the server executes', async () => {
    const pool = open({ watch: { after: 100, timeout: 1_000 } });
    await pool.query('SELECT 1');
    await user.rotate();
    const [rows] = await pool.query<RowDataPacket[]>('SELECT SLEEP(1.5) AS slept');
    expect(rows).toEqual([{ slept: 0 }]);
  });

  test('believes nothing about the session of another user, which it may not see', async () => {
    const next = new RotatingUser(stage, 'beside2');
    await next.create(grants);
    const events = kills();
    let current = user;
    const pool = open({ watch: { after: 100, timeout: 400 } }, () => current.credentials());
    const slow = later(pool.query<RowDataPacket[]>('SELECT SLEEP(2) AS slept'));
    // It is seen by its own user first.
    await expect.poll(() => user.asked, patient).toBe(2);
    current = next;
    await expect.poll(() => stage.server.threads(user.name).then(({ length }) => length), patient).toBe(2);
    const [, control] = await stage.server.threads(user.name);
    await stage.server.killThread(Number(control));
    await expect.poll(() => next.asked, patient).toBeGreaterThan(0);
    expect((await slow)[0]).toEqual([{ slept: 0 }]);
    expect(events).toEqual([]);
  });

  test('asks a server that is read-only whether it still is', async ({ skip }) => {
    skip(...notOurs(stage.server));
    const retried: string[] = [];
    const pool = open({ onRetry: ({ failure }) => retried.push(failure.kind) });
    await pool.query('SELECT 1');
    await stage.server.admin('SET GLOBAL read_only = 1');
    await user.rotate();
    const asked = user.asked;
    const write = later(pool.query('INSERT INTO stage_rows (id) VALUES (1)'));
    // For a second it asks on one connection.
    await expect.poll(() => user.asked, patient).toBeGreaterThanOrEqual(asked + 2);
    expect(retried).toEqual(['read-only']);
    await stage.server.admin('SET GLOBAL read_only = 0');
    await write;
    expect(await stage.rows()).toEqual([1]);
    expect(retried).toEqual(['read-only']);
  });
});

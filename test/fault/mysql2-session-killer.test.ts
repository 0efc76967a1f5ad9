import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createPool, type Pool, type RowDataPacket } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { registeredClient } from '../../adapters/mysql2/client.ts';
import { ControlConnection } from '../../adapters/mysql2/control/control-connection.ts';
import { type Session, sessionOf } from '../../adapters/mysql2/control/session-identity.ts';
import { SessionKiller } from '../../adapters/mysql2/control/session-killer.ts';
import { corePoolOf, cutConnections } from '../../adapters/mysql2/driver/pool.ts';
import { type Resilient, transaction, withResilience } from '../../adapters/mysql2/index.ts';
import {
  AttemptTimeoutError,
  OutcomeUnknownError,
  type ResilienceOptions,
  type SessionKilledEvent,
} from '../../src/index.ts';
import { failureOf, later } from '../contract/outcome.ts';
import { recordStatements } from '../support/proxy/record-statements.ts';
import { notOurs } from '../support/server/server.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';

const upsert = 'INSERT INTO stage_keyed (id) VALUES (?) ON DUPLICATE KEY UPDATE writes = writes + 1';

describe('the thread of a lost session', unhurried, () => {
  const stage = useStage('session_killer');

  const open = (policy: ResilienceOptions = {}, options: object = stage.direct()): Resilient<Pool> =>
    stage.closing(withResilience(createPool({ ...options, connectionLimit: 10 }), policy));
  const core = (pool: Pool) => corePoolOf(pool) ?? expect.fail('a pool of mysql2');
  const kills = (): SessionKilledEvent[] => {
    const events: SessionKilledEvent[] = [];
    const listener = (event: unknown) => events.push(event as SessionKilledEvent);
    subscribe('gone-away:session-killed', listener);
    stage.after(async () => unsubscribe('gone-away:session-killed', listener));
    return events;
  };
  const sessionOn = async (pool: Pool): Promise<Session> => {
    const connection = await pool.getConnection();
    return sessionOf((connection as unknown as { connection: never }).connection);
  };
  const idOf = async (pool: Pool): Promise<number> => {
    const [[row]] = await pool.query<RowDataPacket[]>('SELECT CONNECTION_ID() AS id');
    return Number(row?.id);
  };
  const writesOf = (id: number) =>
    stage.server.admin<readonly object[]>('SELECT writes FROM stage_keyed WHERE id = ?', [id]);

  test('that holds the lock of a row is stopped, so that the retry gets the row', async () => {
    const pool = open({ attemptTimeout: 300 });
    await stage.server.admin('INSERT INTO stage_keyed (id) VALUES (1)');
    // Holds its row for a minute, long after its client has gone.
    const sleeper = 'UPDATE stage_keyed SET writes = writes + 1 + SLEEP(60) WHERE id = 1';
    expect(await failureOf(pool.query(sleeper))).toBeInstanceOf(OutcomeUnknownError);
    await pool.$resilience({ idempotent: true }).query(upsert, [1]);
    expect(await writesOf(1)).toEqual([{ writes: 2 }]);
  });

  test('is gone before an idempotent write is sent again that had no answer in time, which is applied once', async () => {
    const events = kills();
    const retried: boolean[] = [];
    const pool = open({
      attemptTimeout: 200,
      lossRetries: 10,
      onRetry: (e) => retried.push(e.failure.stillRunning),
    }).$resilience({ idempotent: true });
    const unlock = await stage.lock('stage_keyed');
    const write = later(pool.query(upsert, [1]));
    await expect.poll(() => retried.length, patient).toBeGreaterThanOrEqual(2);
    await unlock();
    await write;
    expect(await writesOf(1)).toEqual([{ writes: 1 }]);
    expect(new Set(retried)).toEqual(new Set([false]));
    expect(events[0]).toEqual({ threadId: expect.any(Number), result: 'gone', elapsedMs: expect.any(Number) });
  });

  test('is gone before an idempotent write is sent again whose connection was lost', async () => {
    const pool = open().$resilience({ idempotent: true });
    const lost = await idOf(pool);
    const unlock = await stage.lock('stage_keyed');
    const write = later(pool.query(upsert, [1]));
    await stage.inFlight(1);
    cutConnections(core(pool));
    await expect.poll(() => stage.inFlight(1).then(([id]) => id), patient).not.toBe(lost);
    expect(await stage.server.threads()).not.toContain(lost);
    await unlock();
    await write;
    expect(await writesOf(1)).toEqual([{ writes: 1 }]);
  });

  test('does not stay behind a lock: reads do not pile up there', async () => {
    const retried: number[] = [];
    const pool = open({
      attemptTimeout: 100,
      minTimeout: 0,
      maxTimeout: 0,
      retries: 100,
      lossRetries: 100,
      onRetry: () => retried.push(1),
    });
    const unlock = await stage.lock();
    const reads = later(Promise.all([1, 2, 3, 4, 5].map(() => pool.query('SELECT id FROM stage_rows'))));
    let most = 0;
    while (retried.length < 40) most = Math.max(most, (await stage.server.threads()).length);
    // Five that wait, five that end, and the control connection.
    expect(most).toBeLessThanOrEqual(11);
    await unlock();
    await reads;
  });

  test('does not stay behind a lock either when it was stopped while it prepared a statement', async () => {
    const retried: number[] = [];
    const pool = open({
      attemptTimeout: 100,
      minTimeout: 0,
      maxTimeout: 0,
      retries: 100,
      lossRetries: 100,
      onRetry: () => retried.push(1),
    });
    const unlock = await stage.lock();
    const reads = later(Promise.all([1, 2, 3].map(() => pool.execute('SELECT id FROM stage_rows'))));
    let most = 0;
    while (retried.length < 20) most = Math.max(most, (await stage.server.threads()).length);
    expect(most).toBeLessThanOrEqual(7);
    await unlock();
    await reads;
  });

  test('is stopped for a write that is not sent again, and the error says that it is gone', async () => {
    const pool = open({ attemptTimeout: 200 });
    await stage.lock();
    const error = await failureOf(pool.query('INSERT INTO stage_rows (id) VALUES (1)'));
    expect(error).toBeInstanceOf(OutcomeUnknownError);
    expect(error).toMatchObject({ failure: { kind: 'attempt-timeout', stillRunning: false } });
    expect(await stage.inFlight(0)).toEqual([]);
  });

  test('is stopped after an attempt timeout on a connection from getConnection() or in a transaction', async () => {
    const pool = open({ attemptTimeout: 200 });
    const unlock = await stage.lock();
    const failure = await failureOf(
      transaction(pool, (connection) => connection.query('INSERT INTO stage_rows (id) VALUES (1)')),
    );
    expect(failure).toBeInstanceOf(AttemptTimeoutError);
    await stage.inFlight(0);
    await unlock();
    expect(await stage.rows()).toEqual([]);
  });

  test('is stopped before its transaction runs again, which needs the locks that it holds', async () => {
    await stage.server.admin('INSERT INTO stage_keyed (id, writes) VALUES (1, 0), (2, 0)');
    const events = kills();
    const pool = open({ attemptTimeout: 500, minTimeout: 0, maxTimeout: 0 });
    const unlock = await stage.lockKeyed(2);
    const attempts: number[] = [];
    await transaction(
      pool,
      async (connection, { attempt }) => {
        attempts.push(attempt);
        await connection.query('UPDATE stage_keyed SET writes = writes + 1 WHERE id = 1');
        if (attempt === 1) await connection.query('UPDATE stage_keyed SET writes = writes + 1 WHERE id = 2');
      },
      { rerun: true },
    );
    expect(attempts).toEqual([1, 2]);
    expect(events).toMatchObject([{ result: 'gone' }]);
    await unlock();
    expect(await stage.server.admin('SELECT id, writes FROM stage_keyed ORDER BY id')).toEqual([
      { id: 1, writes: 1 },
      { id: 2, writes: 0 },
    ]);
  });

  test('is stopped in the background when the caller aborts, who does not wait for it', async () => {
    const events = kills();
    const pool = open();
    await stage.lock();
    const controller = new AbortController();
    const reason = new Error('the user went away');
    const failure = failureOf(pool.$resilience({ signal: controller.signal }).query('SELECT id FROM stage_rows'));
    const [threadId] = await stage.inFlight(1);
    controller.abort(reason);
    expect(await failure).toBe(reason);
    expect(events).toEqual([]);
    await stage.inFlight(0);
    await expect.poll(() => events, patient).toEqual([{ threadId, result: 'gone', elapsedMs: expect.any(Number) }]);
  });

  test('is left alone with `killLostSessions: false`, and an idempotent write is not sent again that may still run', async () => {
    const events = kills();
    const pool = open({ attemptTimeout: 200, killLostSessions: false }).$resilience({ idempotent: true });
    const unlock = await stage.lock('stage_keyed');
    const error = await failureOf(pool.query(upsert, [1]));
    expect(error).toBeInstanceOf(OutcomeUnknownError);
    expect(error).toMatchObject({ failure: { stillRunning: true } });
    expect(await stage.inFlight(1)).toHaveLength(1);
    expect(events).toEqual([]);
    await unlock();
    await expect.poll(() => writesOf(1), patient).toEqual([{ writes: 1 }]);
  });

  describe('is left alone when it is not provably the one', () => {
    /** A session as a pool would have lost it, with the id of a thread that lives. */
    const killOf = async (change: Partial<Session>, on: object = stage.direct()) => {
      const pool = open({}, on);
      const session = await sessionOn(pool);
      const control = new ControlConnection(core(pool), session.endpoints);
      stage.after(async () => control.close());
      const killer = new SessionKiller(() => control);
      const limits = { until: performance.now() + 5_000, signal: undefined, insists: false };
      return { session, result: await killer.kill({ ...session, ...change }, limits) };
    };

    test('but stopped when it is', async () => {
      const { session, result } = await killOf({});
      expect(result).toBe('gone');
      expect(await stage.server.threads()).not.toContain(session.threadId);
    });

    test("because the client's port is another one: a stranger who got the same id after a restart", async () => {
      const endpoints = { localAddress: '127.0.0.1', localPort: 1, remoteAddress: '127.0.0.1', remotePort: 1 };
      const { remotePort } = { remotePort: stage.server.port };
      const { session, result } = await killOf({ endpoints: { ...endpoints, remotePort } });
      expect(result).toBe('not-ours');
      expect(await stage.server.threads()).toContain(session.threadId);
    });

    test('because a proxy stands in between, through which every client looks alike', async () => {
      const { session, result } = await killOf({}, stage.proxied());
      expect(result).toBe('not-ours');
      expect(await stage.server.threads()).toContain(session.threadId);
    });

    test("because it is another user's", async ({ skip }) => {
      skip(...notOurs(stage.server, 'it has one user for us'));
      const stranger = open({}, stage.direct('root'));
      const { threadId, endpoints } = await sessionOn(stranger);
      expect((await killOf({ threadId, endpoints })).result).toBe('not-ours');
      expect(await stage.server.threads('root')).toContain(threadId);
    });

    test('because it comes over a socket file, where everybody is "localhost"', async ({ skip }) => {
      skip(...notOurs(stage.server, 'its socket file is not known'));
      const { host: _, port: __, ...rest } = stage.direct();
      const { session, result } = await killOf({}, { ...rest, socketPath: stage.server.socketPath });
      expect(result).toBe('not-ours');
      expect(await stage.server.threads()).toContain(session.threadId);
    });

    test('because the server refuses to stop it', async ({ skip }) => {
      skip(...notOurs(stage.server, 'it has one user for us'));
      const stranger = open({}, stage.direct('root'));
      const { threadId = 0 } = await sessionOn(stranger);
      const pool = open();
      const { endpoints } = await sessionOn(pool);
      const control = new ControlConnection(core(pool), endpoints);
      stage.after(async () => control.close());
      const look = await control.look([], 5_000);
      if (look.answer !== 'threads') return expect.fail('no answer');
      expect(await control.kill(threadId, look.self, 5_000)).toBe('refused');
      expect(await control.kill(4_000_000, look.self, 5_000)).toBe('no-such-thread');
      expect(await control.kill(threadId, { ...look.self }, 5_000)).toBe('none');
    });
  });

  test('is not taken for gone while it runs in the name of another user, and is stopped when that ends', async () => {
    await stage.server.admin('DROP PROCEDURE IF EXISTS slow');
    await stage.server.admin('CREATE PROCEDURE slow() DO SLEEP(1.5)');
    const pool = open();
    const held = await pool.getConnection();
    const session = sessionOf((held as unknown as { connection: never }).connection);
    const { threadId } = session;
    const control = new ControlConnection(core(pool), session.endpoints);
    stage.after(async () => control.close());
    const look = await control.look([], 5_000);
    session.seenOn = look.answer === 'threads' ? look.self.server : expect.fail('no answer');
    const call = Promise.allSettled([held.query('CALL slow()')]);
    const namesOf = () =>
      stage.server.admin('SELECT user FROM information_schema.processlist WHERE id = ?', [threadId]);
    await expect.poll(namesOf, patient).toEqual([expect.not.objectContaining({ user: stage.user })]);
    const killer = new SessionKiller(() => control);
    const kill = (within: number) =>
      killer.kill(session, { until: performance.now() + within, signal: undefined, insists: true });
    expect(await kill(300)).toBe('unreachable');
    expect(await namesOf()).toHaveLength(1);
    expect(await kill(10_000)).toBe('gone');
    expect(await namesOf()).toEqual([]);
    await call;
  });

  test('behind a proxy goes on, and an idempotent write is not sent again that may still run', async () => {
    const pool = open({ attemptTimeout: 200 }, stage.proxied()).$resilience({ idempotent: true });
    const unlock = await stage.lock('stage_keyed');
    const error = await failureOf(pool.query(upsert, [1]));
    expect(error).toMatchObject({ code: 'ERR_GONE_AWAY_OUTCOME_UNKNOWN', failure: { stillRunning: true } });
    expect(await stage.inFlight(1)).toHaveLength(1);
    await unlock();
    await expect.poll(() => writesOf(1), patient).toEqual([{ writes: 1 }]);
  });

  test('of a frozen server cannot be stopped: a read waits, an idempotent write is unknown in bounded time', async () => {
    const pool = open({ attemptTimeout: 200, acquireTimeout: 2_000 });
    await Promise.all([pool.query(upsert, [1]), pool.query(upsert, [1])]);
    await stage.server.freeze();
    const read = later(pool.$resilience({ acquireTimeout: 30_000 }).query('SELECT writes FROM stage_keyed'));
    const error = await failureOf(pool.$resilience({ idempotent: true }).query(upsert, [1]));
    expect(error).toMatchObject({ code: 'ERR_GONE_AWAY_OUTCOME_UNKNOWN', failure: { stillRunning: true } });
    await stage.server.thaw();
    expect((await read)[0]).toHaveLength(1);
  });

  test('of a server that is down is waited for, as any retry would, and an idempotent write goes on after a restart', async () => {
    const pool = open().$resilience({ idempotent: true });
    await stage.lock('stage_keyed');
    const write = later(pool.query(upsert, [1]));
    await stage.inFlight(1);
    await stage.server.kill9();
    await stage.server.start();
    await write;
    expect(await writesOf(1)).toEqual([{ writes: 1 }]);
  });

  test('is stopped as soon as the server can be asked, long after everybody has gone', async () => {
    const events = kills();
    const pool = open({ attemptTimeout: 200 }, stage.routed());
    await stage.lock();
    stage.router.onClientData((chunk) => {
      if (chunk.includes('stage_rows')) stage.router.set('refuse');
      return undefined;
    });
    const error = await failureOf(pool.query('INSERT INTO stage_rows (id) VALUES (1)'));
    expect(error).toMatchObject({ code: 'ERR_GONE_AWAY_OUTCOME_UNKNOWN', failure: { stillRunning: true } });
    expect(events).toMatchObject([{ result: 'unreachable' }]);
    stage.router.set('pass');
    await expect.poll(() => events.slice(1), patient).toMatchObject([{ result: 'gone' }]);
    expect(await stage.server.threads()).toHaveLength(1);
  });

  test('is not asked for any more when the pool has ended', async () => {
    const pool = open({}, stage.routed());
    const session = await sessionOn(pool);
    stage.router.set('refuse');
    // At the end of an attempt: one that is being made would be answered.
    subscribe('gone-away:session-killed', function unreachable() {
      unsubscribe('gone-away:session-killed', unreachable);
      void pool.end();
      stage.router.set('pass');
    });
    const { sessionKiller } = registeredClient(pool)?.core ?? expect.fail('a resilient pool');
    const limits = { until: performance.now() + 50_000, signal: undefined, insists: true };
    expect(await sessionKiller.kill(session, limits)).toBe('unreachable');
  });

  test('costs nothing while nothing is lost', async () => {
    const pool = open({ attemptTimeout: 5_000 }, stage.proxied());
    const sent = recordStatements(stage.proxy);
    for (let statement = 1; statement <= 5; statement += 1) await pool.query('SELECT id FROM stage_rows');
    expect(sent.count('processlist')).toBe(0);
    expect(stage.proxy.connections()).toBe(1);
  });

  test('leaves no control connection behind', async () => {
    const pool = open({ attemptTimeout: 200 });
    const unlock = await stage.lock();
    await failureOf(pool.query('INSERT INTO stage_rows (id) VALUES (1)'));
    await unlock();
    await expect.poll(() => stage.server.threads(), patient).toEqual([]);
  });
});

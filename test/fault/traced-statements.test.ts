import { createPool, type Pool, type PoolOptions } from 'mysql2/promise';
import { beforeEach, describe, expect, test } from 'vitest';
import { createLedger, pruneLedger, type Resilient, transaction, withResilience } from '../../adapters/mysql2/index.ts';
import { OutcomeUnknownError, type ResilienceOptions } from '../../src/index.ts';
import { failureOf, later } from '../contract/outcome.ts';
import { breakCommit, freshLedger } from '../support/ledger/stage-ledger.ts';
import { recordStatements } from '../support/proxy/record-statements.ts';
import { notOurs } from '../support/server/server.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';
import { startChannelTracer } from '../support/tracing/channel-tracer.ts';
import { startOpenTelemetry } from '../support/tracing/open-telemetry-tracer.ts';
import { startQueueTracer } from '../support/tracing/queue-tracer.ts';
import type { Tracer } from '../support/tracing/tracer.ts';

const insert = (id: number) => `INSERT INTO stage_rows (id) VALUES (${id})`;

const tracers = [
  { name: "mysql2's channels", start: startChannelTracer },
  { name: 'OpenTelemetry', start: startOpenTelemetry },
  { name: 'a patched queue of commands', start: startQueueTracer },
];

describe.each(tracers)('who traces statements by $name', unhurried, ({ start }) => {
  const stage = useStage('traced');
  let tracer: Tracer;

  beforeEach(() => {
    tracer = start();
    stage.after(async () => tracer.stop());
  });

  const open = (policy: ResilienceOptions = {}, options: PoolOptions = stage.routed()): Resilient<Pool> =>
    stage.closing(withResilience(createPool({ ...options, connectionLimit: 5 }), policy));
  /** Without the statements of the test itself, which go to the server directly. */
  const statements = () =>
    tracer
      .statements()
      .filter(({ port }) => port === stage.router.port || port === stage.proxy.port)
      .map(({ port: _, ...statement }) => statement);
  const told = (sql: string, hasFailed = false) => ({ sql, isInRequest: true, hasFailed });

  test('hears of each statement and each attempt, as part of the request that it was called in', async () => {
    const pool = open();
    const sent = recordStatements(stage.router);
    await tracer.inRequest(async () => {
      await pool.query('SELECT 1');
      const unlock = await stage.lock();
      const read = pool.query('SELECT id FROM stage_rows');
      const [thread] = await stage.inFlight(1);
      await stage.server.killThread(thread as number);
      await unlock();
      await read;
      await Promise.all([pool.query('SELECT 2'), transaction(pool, (tx) => tx.query(insert(1)))]);
    });
    expect(sent.count('KILL')).toBe(0);
    const [first, lost, again, ...rest] = statements();
    expect([first, lost, again]).toEqual([
      told('SELECT 1'),
      told('SELECT id FROM stage_rows', true),
      told('SELECT id FROM stage_rows'),
    ]);
    expect(rest).toHaveLength(4);
    expect(rest).toEqual(
      expect.arrayContaining(['SELECT 2', 'START TRANSACTION', insert(1), 'COMMIT'].map((sql) => told(sql))),
    );
  });

  test('hears nothing of the questions about a slow statement', async () => {
    const pool = open({ watch: { after: 100, timeout: 5_000 } });
    const sent = recordStatements(stage.router);
    await tracer.inRequest(() => pool.query('SELECT SLEEP(1)'));
    expect(sent.count('processlist')).toBeGreaterThan(0);
    expect(statements()).toEqual([told('SELECT SLEEP(1)')]);
  });

  test('hears nothing of how the session of a lost statement is stopped', async () => {
    const pool = open({ attemptTimeout: 200 });
    const sent = recordStatements(stage.router);
    await stage.lock();
    expect(await tracer.inRequest(() => failureOf(pool.query(insert(1))))).toBeInstanceOf(OutcomeUnknownError);
    expect(sent.count('KILL')).toBe(1);
    // Of a connection that its user destroys, nobody who traces is told the end.
    expect(statements().filter(({ sql }) => sql !== insert(1))).toEqual([]);
  });

  test('hears of a transaction with the ledger what the caller has sent, also where its COMMIT is settled', async () => {
    const pool = open({}, stage.proxied());
    await freshLedger(stage, { pool });
    const sent = recordStatements(stage.proxy);
    const broken = breakCommit(stage, 'executed');
    await tracer.inRequest(() => transaction(pool, (tx) => tx.query(insert(1)), { exactlyOnce: true }));
    await broken;
    expect(sent.count('gone_away_ledger')).toBeGreaterThanOrEqual(3);
    expect(await stage.rows()).toEqual([1]);
    expect(statements()).toEqual([told('START TRANSACTION'), told(insert(1)), told('COMMIT', true)]);
  });

  test('hears nothing of the making and pruning of the ledger', async () => {
    const pool = open();
    await stage.server.admin('DROP TABLE IF EXISTS gone_away_ledger');
    await tracer.inRequest(async () => {
      await createLedger(pool);
      expect(await pruneLedger(pool, { olderThan: 3_600_000 })).toBe(0);
    });
    expect(statements()).toEqual([]);
  });

  test('hears nothing of the questions to a server that refuses writes', async ({ skip }) => {
    skip(...notOurs(stage.server, 'it must refuse writes'));
    const pool = open();
    const sent = recordStatements(stage.router);
    await stage.server.admin('SET GLOBAL read_only = 1');
    const write = later(tracer.inRequest(() => pool.query(insert(1))));
    await expect.poll(() => sent.count('@@global.read_only'), patient).toBeGreaterThan(0);
    await stage.server.admin('SET GLOBAL read_only = 0');
    await write;
    const attempts = statements();
    expect(attempts.at(-1)).toEqual(told(insert(1)));
    expect(attempts.slice(0, -1)).toEqual(attempts.slice(0, -1).map(() => told(insert(1), true)));
  });

  test('hears nothing of the question how long a statement may be', async () => {
    const pool = open();
    const sent = recordStatements(stage.router);
    const long = `SELECT LENGTH('${'x'.repeat(100_000)}')`;
    const stop = stage.router.onClientData((chunk, connection) => {
      if (!chunk.includes('xxxx')) return 'forward';
      stop();
      connection.reset();
      return 'swallow';
    });
    await tracer.inRequest(() => pool.query(long));
    expect(sent.count('max_allowed_packet')).toBe(1);
    expect(statements()).toEqual([told(long, true), told(long)]);
  });
});

describe('who traces connections', unhurried, () => {
  const stage = useStage('traced-connections');

  test('hears of one beside the pool, and not as part of the request that was the reason for it', async () => {
    const tracer = startChannelTracer();
    stage.after(async () => tracer.stop());
    const pool = stage.closing(withResilience(createPool(stage.routed()), { watch: { after: 100, timeout: 5_000 } }));
    await tracer.inRequest(() => pool.query('SELECT SLEEP(0.5)'));
    const told = tracer.connects().filter(({ port }) => port === stage.router.port);
    expect(told.map(({ isInRequest }) => isInRequest)).toEqual([true, false]);
  });
});

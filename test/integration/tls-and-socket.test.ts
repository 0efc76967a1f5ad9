import { createPool, type Pool, type PoolOptions } from 'mysql2/promise';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Resilient, withResilience } from '../../adapters/mysql2/index.ts';
import { classify, isGoneAwayError, OutcomeUnknownError, type ResilienceOptions } from '../../src/index.ts';
import { expectTruth, failureOf, killAll, later, type Told, told } from '../contract/outcome.ts';
import { blockEventLoop } from '../support/block-event-loop.ts';
import { createCertificates } from '../support/server/create-certificates.ts';
import { notOurs } from '../support/server/server.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';

const insert = (pool: Pool, id: number) => pool.query('INSERT INTO stage_rows (id) VALUES (?)', [id]);
const read = async (pool: Pool) => (await pool.query('SELECT id FROM stage_rows ORDER BY seq'))[0];
const warm = (pool: Pool, connections: number) => Promise.all(Array.from({ length: connections }, () => read(pool)));
const tenIds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

describe.each(['TLS', 'a unix socket'] as const)('over %s', unhurried, (transport) => {
  const stage = useStage('transport');
  beforeEach(({ skip }) => skip(...notOurs(stage.server, 'neither its certificate nor its socket is known')));
  const connection = (): PoolOptions => {
    const { host: _, port: __, ...rest } = stage.direct();
    const { socketPath, tls } = stage.server;
    if (transport === 'TLS') return { ...stage.direct(), connectTimeout: 400, ssl: { ...tls } };
    return { ...rest, connectTimeout: 400, socketPath: String(socketPath) };
  };
  const open = (policy: ResilienceOptions = {}): Resilient<Pool> =>
    stage.closing(withResilience(createPool({ ...connection(), connectionLimit: 10 }), policy));

  test('it is really this transport', async () => {
    const pool = open();
    const [rows] = await pool.query("SHOW STATUS LIKE 'Ssl_cipher'");
    expect((rows as { Value: string }[])[0]?.Value !== '').toBe(transport === 'TLS');
    const host = await stage.server.admin("SELECT host FROM information_schema.processlist WHERE user = 'app'");
    expect(host).toEqual([{ host: expect.stringMatching(transport === 'TLS' ? /^127/ : /^localhost/) }]);
  });

  test('answers reads and never applies a write twice when idle connections were killed in this moment', async () => {
    const pool = open();
    const answers = new Map<number, Told>();
    await stage.asRoot(async (root) => {
      for (let id = 1; id <= 30; id += 1) {
        await warm(pool, 2);
        await killAll(root);
        const [answer] = await Promise.all([told(insert(pool, id)), read(pool)]);
        answers.set(id, answer);
      }
    });
    await expectTruth(stage, answers);
  });

  test('answers a read, and says of a write that nobody can know, when they were killed in flight', async () => {
    const pool = open();
    await warm(pool, 2);
    const unlock = await stage.lock();
    const [answer, failure] = [later(read(pool)), failureOf(insert(pool, 1))];
    for (const id of await stage.inFlight(2)) await stage.server.killThread(id);
    expect(await failure).toBeInstanceOf(OutcomeUnknownError);
    await unlock();
    expect(await answer).toEqual([]);
    expect(await stage.rows()).toEqual([]);
  });

  test('applies writes exactly once after this process stood still for longer than wait_timeout', async () => {
    await stage.server.admin('SET GLOBAL wait_timeout = 1');
    const pool = open();
    await warm(pool, 4);
    blockEventLoop(2_500);
    await Promise.all([1, 2, 3, 4].map((id) => insert(pool, id)));
    expect([...(await stage.rows())].sort()).toEqual([1, 2, 3, 4]);
  });

  test('delays reads while the server is frozen, makes writes unknown, and loses no place in the pool', async () => {
    const retried: string[] = [];
    const pool = open({ attemptTimeout: 300, onRetry: ({ failure }) => retried.push(failure.kind) });
    await warm(pool, 10);
    await stage.server.freeze();
    const reads = later(Promise.all([1, 2, 3, 4, 5].map(() => read(pool))));
    const writes = await Promise.all([1, 2, 3, 4, 5].map((id) => failureOf(insert(pool, id))));
    for (const error of writes) expect(error).toBeInstanceOf(OutcomeUnknownError);
    await expect.poll(() => retried.length, patient).toBeGreaterThanOrEqual(5);
    await stage.server.thaw();
    expect(await reads).toHaveLength(5);
    await Promise.all(tenIds.map((id) => insert(pool, 100 + id)));
    const counts = await Promise.all([1, 2, 3, 4, 5].map((id) => stage.countOf(id)));
    expect(Math.max(...counts)).toBeLessThanOrEqual(1);
  });

  test('closes the connections that it stopped waiting for', async () => {
    const pool = open({ attemptTimeout: 200 });
    await warm(pool, 3);
    const unlock = await stage.lock();
    const failures = await Promise.all([1, 2, 3].map((id) => failureOf(insert(pool, id))));
    for (const error of failures) expect(error).toBeInstanceOf(OutcomeUnknownError);
    await unlock();
    await expect.poll(() => stage.server.threads(), patient).toEqual([]);
  });

  test.each(['stop', 'kill9'] as const)(
    'waits for a server that is down (%s), and says why when it stays so',
    async (how) => {
      const pool = open();
      await warm(pool, 3);
      await stage.server[how]();
      const error = await failureOf(read(pool.$resilience({ maxRetryTime: 200 })));
      // A server that stops in good order takes its socket file with it.
      const reason = transport === 'a unix socket' && how === 'stop' ? 'ENOENT' : 'ECONNREFUSED';
      expect(error).toMatchObject({ cause: { code: reason } });
      const all = later(Promise.all([read(pool), insert(pool, 1), read(pool)]));
      await stage.server.start();
      await all;
      expect(await stage.rows()).toEqual([1]);
    },
  );
});

describe('over TLS', unhurried, () => {
  const stage = useStage('tls');
  beforeEach(({ skip }) => skip(...notOurs(stage.server, 'its certificate is not known')));
  const connection = (): PoolOptions => ({ ...stage.proxied(), ssl: { ...stage.server.tls } });

  test('survives a black hole, and loses no place in the pool', async () => {
    const pool = stage.closing(
      withResilience(createPool(connection()), { attemptTimeout: 300, acquireTimeout: 20_000 }),
    );
    await warm(pool, 10);
    stage.proxy.set('blackhole');
    const reads = later(Promise.all([1, 2, 3, 4, 5].map(() => read(pool))));
    const writes = await Promise.all([1, 2, 3, 4, 5].map((id) => failureOf(insert(pool, id))));
    for (const error of writes) expect(error).toBeInstanceOf(OutcomeUnknownError);
    stage.proxy.set('pass');
    expect(await reads).toHaveLength(5);
    await Promise.all(tenIds.map((id) => insert(pool, 100 + id)));
  });

  test.each(['resetAll', 'finishAll'] as const)(
    'never applies a write twice when its connection ends in this moment (%s)',
    async (end) => {
      const pool = stage.closing(withResilience(createPool(connection())));
      const answers = new Map<number, Told>();
      for (let id = 1; id <= 30; id += 1) {
        await read(pool);
        stage.proxy[end]();
        answers.set(id, await told(insert(pool, id)));
      }
      await expectTruth(stage, answers);
    },
  );

  test.each(['fin', 'rst'] as const)(
    'leaves a write applied once when its answer was lost, and says that nobody can know (%s)',
    async (how) => {
      const pool = stage.closing(withResilience(createPool(connection())));
      await read(pool);
      const cut = stage.proxy.cutAfter('s2c', 0, how);
      expect(await failureOf(insert(pool, 1))).toBeInstanceOf(OutcomeUnknownError);
      await cut;
      await expect.poll(() => stage.rows(), patient).toEqual([1]);
    },
  );

  test('fails at once when the certificate is not to be trusted', async () => {
    const retried: unknown[] = [];
    const ssl = { ca: createCertificates().ca };
    const pool = createPool({ ...connection(), ssl });
    const resilient = stage.closing(withResilience(pool, { onRetry: (event) => retried.push(event) }));
    const error = await failureOf(read(resilient));
    expect(isGoneAwayError(error)).toBe(false);
    expect(classify(error)).toMatchObject({ kind: 'authentication', transient: false });
    expect(retried).toEqual([]);
  });

  test.each([100, 600, 1_000])(
    'tries again when the connection is lost in its handshake, after %i bytes',
    async (passed) => {
      const pool = stage.closing(withResilience(createPool(connection())));
      const cut = stage.proxy.cutAfter('s2c', passed, 'rst');
      await insert(pool, 1);
      await cut;
      expect(await stage.rows()).toEqual([1]);
    },
  );
});

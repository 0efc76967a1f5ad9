import { setTimeout as delay } from 'node:timers/promises';
import { createPool, type PoolConnection, type PoolOptions } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withResilience } from '../../adapters/mysql2/index.ts';
import { PrismaMySQL2, type PrismaMySQL2Options } from '../../adapters/prisma/adapter/index.ts';
import { originalErrorOf, resilience } from '../../adapters/prisma/index.ts';
import { PrismaClient } from '../../prisma/generated/client.ts';
import { AcquireTimeoutError, classify } from '../../src/index.ts';
import { freePort } from '../support/server/free-port.ts';
import { notOurs, type Server, startServer } from '../support/server/server.ts';
import { patient } from '../support/stage.ts';

let server: Server;

beforeAll(async () => {
  server = await startServer({ name: 'prisma-connecting', flags: ['--max-connections=20'] });
});
afterAll(() => server?.destroy());

const caught = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable(),
    (error: unknown) => error,
  );
const url = () => server.url('app');
const clientOn = (pool: ConstructorParameters<typeof PrismaMySQL2>[0], options?: PrismaMySQL2Options) =>
  new PrismaClient({ adapter: new PrismaMySQL2(pool, options) });
const one = (prisma: PrismaClient) => prisma.$queryRaw`SELECT 'one' AS one`;
const quick: PrismaMySQL2Options = { policy: { acquireTimeout: 300, maxRetryTime: 300 } };

/** What a query on such a pool fails with. */
async function failure(options: PoolOptions): Promise<unknown> {
  const prisma = clientOn({ ...server.connectionOptions(), ...options }, quick);
  const error = await caught(one(prisma));
  await prisma.$disconnect();
  return error;
}

/** The code that a query on such a pool fails with; undefined of one that does not fail. */
async function failureCode(options: PoolOptions): Promise<unknown> {
  const prisma = clientOn({ ...server.connectionOptions(), ...options }, quick);
  const error = await one(prisma).catch((error: unknown) => error);
  await prisma.$disconnect();
  return (error as { code?: unknown }).code;
}

/** Milliseconds, on a machine that is busy with other things: below every limit that is not this package's own. */
const soon = 8_000;

describe('what it is made from', () => {
  it('a URL, with the parameters of Prisma', async () => {
    const prisma = clientOn(`${url()}?connection_limit=3&connect_timeout=5&statement_cache_size=7`);
    expect(await one(prisma)).toEqual([{ one: 'one' }]);
    await Promise.all(Array.from({ length: 20 }, () => one(prisma)));
    expect(await server.threads()).toHaveLength(3);
    await prisma.$disconnect();
  });

  it('options; the pool made from them ends with the client, and begins again with it', async () => {
    const prisma = clientOn({ ...server.connectionOptions(), connectionLimit: 2 });
    await one(prisma);
    expect(await server.threads()).not.toHaveLength(0);
    await prisma.$disconnect();
    expect(await gone()).toEqual([]);
    expect(await one(prisma)).toEqual([{ one: 'one' }]);
    await prisma.$disconnect();
    expect(await gone()).toEqual([]);
  });

  it('a promise pool, a callback pool, or one that was made resilient: shared, and left open', async () => {
    const pool = createPool(server.connectionOptions());
    for (const shared of [pool, pool.pool, withResilience(pool), withResilience(pool).pool]) {
      const [first, second] = [clientOn(shared), clientOn(shared, quick)];
      expect(await Promise.all([one(first), one(second)])).toEqual([[{ one: 'one' }], [{ one: 'one' }]]);
      await Promise.all([first.$disconnect(), second.$disconnect()]);
      expect((await pool.query("SELECT 'one' AS one"))[0]).toEqual([{ one: 'one' }]);
    }
    await pool.end();
  });

  it.each<[string, () => unknown, RegExp]>([
    ['a URL without a database', () => clientOn('mysql://u:p@127.0.0.1:3306'), /Expected a database/],
    ['options without a database', () => clientOn({ host: '127.0.0.1' }), /Expected a database/],
    ['a pool without a database', () => clientOn(createPool({ host: '127.0.0.1' })), /Expected a database/],
    ['no URL', () => clientOn('localhost'), /Expected a URL: mysql:/],
    ['a URL of another database', () => clientOn('postgresql://u:p@127.0.0.1/d'), /begins with mysql:/],
    ['no pool', () => clientOn(new Map() as never), /Expected a pool of mysql2/],
    ['nothing', () => clientOn(undefined as never), /Expected a pool of mysql2/],
    ['a wrong policy', () => clientOn(url(), { policy: { retries: -1 } }), /`retries`/],
    [
      'a policy with an unknown option',
      () => clientOn(url(), { policy: { retry: 1 } as never }),
      /Unknown option `retry`/,
    ],
  ])('one clear TypeError for %s', (_, make, message) => {
    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
    expect(() => make()).not.toThrow(/:p@/);
  });

  it('one clear error for a pool that was ended', async () => {
    const pool = createPool(server.connectionOptions());
    const prisma = clientOn(pool);
    await one(prisma);
    await pool.end();
    expect(await caught(one(prisma))).toMatchObject({ message: expect.stringMatching(/The pool .* was ended/) });
    expect(await caught(prisma.$transaction(async () => {}))).toMatchObject({
      message: expect.stringMatching(/was ended/),
    });
  });
});

describe('a server that does not let anybody in', () => {
  it.for<[string, string, PoolOptions]>([
    ['a wrong password', 'P1000', { password: 'wrong' }],
    ['a user that is not there', 'P1000', { user: 'nobody', password: 'x' }],
    ['a database that is not there', 'P1003', { user: 'root', password: '', database: 'nowhere' }],
    ['a database of somebody else', 'P1010', { database: 'mysql' }],
    ['a host that is not there', 'P1001', { host: 'host.invalid' }],
  ])('%s is %s', async ([, code, options], { skip }) => {
    skip(...notOurs(server));
    expect(await failure(options)).toMatchObject({ name: 'PrismaClientKnownRequestError', code });
  });

  it('nobody at that port is P1001, in no more time than `maxRetryTime`', async () => {
    const port = await freePort();
    const startedAt = performance.now();
    const error = await failure({ host: '127.0.0.1', port });
    expect(performance.now() - startedAt).toBeLessThan(soon);
    expect(error).toMatchObject({
      code: 'P1001',
      message: expect.stringContaining('ECONNREFUSED'),
      meta: { driverAdapterError: { cause: { kind: 'DatabaseNotReachable', host: '127.0.0.1', port } } },
    });
    expect(originalErrorOf(error)).toBeInstanceOf(AcquireTimeoutError);
    expect(classify(error)).toMatchObject({ kind: 'acquire-timeout', outcome: 'not-executed' });
    const prisma = clientOn({ ...server.connectionOptions(), port }, quick);
    expect(await caught(prisma.$connect())).toMatchObject({ code: 'P1001' });
    expect(await caught(prisma.$transaction(async () => {}))).toMatchObject({ code: 'P1001' });
    await prisma.$disconnect();
  });

  it('is found again when it is back, with all that it can do', async ({ skip }) => {
    skip(...notOurs(server));
    await server.stop();
    const prisma = clientOn(url(), quick);
    expect(await caught(one(prisma))).toMatchObject({ code: 'P1001' });
    await server.start();
    // So short a limit may pass before a server that has only just started lets anybody in.
    const answer = () => one(prisma).catch((error: unknown) => error);
    await expect.poll(answer, patient).toEqual([{ one: 'one' }]);
    await server.stop();
    const startedAt = performance.now();
    expect(await caught(prisma.user.findMany())).toMatchObject({ code: 'P1001' });
    expect(performance.now() - startedAt).toBeLessThan(soon);
    await server.start();
    await expect.poll(answer, patient).toEqual([{ one: 'one' }]);
    await prisma.$disconnect();
  });

  it('too many connections are P2037', async ({ skip }) => {
    skip(...notOurs(server));
    const crowd = createPool({ ...server.connectionOptions(), connectionLimit: 40 });
    const held: PoolConnection[] = [];
    /** Takes every place that the server has: one of a connection that is still ending comes free later. */
    const fill = async () => {
      for (;;) held.push(await crowd.getConnection());
    };
    try {
      const code = async () => {
        await expect(fill()).rejects.toMatchObject({ code: 'ER_CON_COUNT_ERROR' });
        return failureCode({});
      };
      await expect.poll(code, patient).toBe('P2037');
    } finally {
      for (const each of held) each.release();
      await crowd.end();
    }
    await gone();
  });
});

it.each([
  ['with the extension', (client: PrismaClient) => client.$extends(resilience())],
  ['without it', (client: PrismaClient) => client],
])('a first query is answered, also when its client is disconnected beside it: %s', async (_what, extend) => {
  const client = new PrismaClient({ adapter: new PrismaMySQL2({ ...server.connectionOptions('app') }) });
  const prisma = extend(client) as PrismaClient;
  // Prisma sends nothing before somebody waits for it.
  const answer = one(prisma).then((rows) => rows);
  await prisma.$disconnect();
  expect(await answer).toEqual([{ one: 'one' }]);
});

it('a frozen server keeps nobody from disconnecting, and what waits for it is told', async ({ skip }) => {
  skip(...notOurs(server));
  const prisma = clientOn({ ...server.connectionOptions(), connectionLimit: 2 }, quick);
  const write = () => prisma.$executeRaw`SET @nothing = 1`;
  await write(); // prepared, so that the next one is in flight at once
  await server.freeze();
  try {
    const waiting = caught(write());
    await delay(50);
    const startedAt = performance.now();
    await prisma.$disconnect();
    expect(performance.now() - startedAt).toBeLessThan(soon);
    expect(await waiting).toMatchObject({ code: 'ERR_GONE_AWAY_OUTCOME_UNKNOWN' });
  } finally {
    await server.thaw();
  }
});

describe('a pool whose connections are all in use', () => {
  it('is P2024', async () => {
    const pool = createPool({ ...server.connectionOptions(), connectionLimit: 1 });
    const prisma = clientOn(pool, quick);
    await one(prisma);
    const connection = await pool.getConnection();
    for (const work of [
      () => one(prisma),
      () => prisma.user.count(),
      () => prisma.user.create({ data: { email: 'a' } }),
    ]) {
      const error = await caught(work());
      expect(error).toMatchObject({ name: 'PrismaClientKnownRequestError', code: 'P2024' });
      expect(originalErrorOf(error)).toBeInstanceOf(AcquireTimeoutError);
      expect(classify(error)).toMatchObject({ kind: 'acquire-timeout', outcome: 'not-executed' });
    }
    const error = await caught(prisma.$transaction(async () => {}));
    expect(error).toMatchObject({ code: 'P2024', cause: { code: 'ERR_GONE_AWAY_ACQUIRE_TIMEOUT' } });
    connection.release();
    await prisma.$disconnect();
    await pool.end();
  });
});

/** The connections of `app`, once those that were closed are gone. */
async function gone(): Promise<readonly number[]> {
  for (let tries = 0; tries < 100; tries += 1) {
    const threads = await server.threads();
    if (threads.length === 0) return threads;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return server.threads();
}

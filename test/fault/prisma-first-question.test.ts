import { createPool } from 'mysql2/promise';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { withResilience } from '../../adapters/mysql2/index.ts';
import { PrismaMySQL2 } from '../../adapters/prisma/adapter/index.ts';
import { resilience } from '../../adapters/prisma/index.ts';
import { PrismaClient } from '../../prisma/generated/client.ts';
import { createTables } from '../../prisma/tables.ts';
import { type CallOptions, classify, OutcomeUnknownError, type ResilienceOptions } from '../../src/index.ts';
import { failureOf } from '../contract/outcome.ts';
import { createExtendedClient, type ExtendedClient } from '../support/prisma/extended-client.ts';
import { recordStatements } from '../support/proxy/record-statements.ts';
import { withConnection } from '../support/server/server-admin.ts';
import { type Stage, unhurried, useStage } from '../support/stage.ts';

/** All that a client may be asked for first, and that would leave something behind. */
const writes: readonly (readonly [string, (prisma: ExtendedClient, email: string) => Promise<unknown>])[] = [
  ['create', (prisma, email) => prisma.user.create({ data: { email } })],
  ['createMany', (prisma, email) => prisma.user.createMany({ data: [{ email }] })],
  ['$executeRaw', (prisma, email) => prisma.$executeRaw`INSERT INTO user (email, updated_at) VALUES (${email}, NOW())`],
  ['$transaction([...])', (prisma, email) => prisma.$transaction([prisma.user.create({ data: { email } })])],
  ['$transaction(callback)', (prisma, email) => prisma.$transaction((tx) => tx.user.create({ data: { email } }))],
];

const reason = new Error('the caller has gone');

/** Milliseconds: below every limit that is none of the call's own, on a machine that is busy with other things. */
const soon = 10_000;

/** For so long the policy of the pool bears with a server, in milliseconds. */
const maxRetryTime = 30_000;

/** What keeps a connection from a client that has never had one. The function ends it. */
type Trouble = (stage: Stage) => Promise<{ readonly prisma: ExtendedClient; readonly end: () => Promise<unknown> }>;

const fresh = (stage: Stage, policy: ResilienceOptions = {}) =>
  createExtendedClient(stage, 'PrismaMySQL2', { policy: { maxRetryTime, ...policy } });

const troubles: readonly (readonly [string, Trouble])[] = [
  [
    'a server that is away',
    async (stage) => {
      stage.proxy.set('refuse');
      return { prisma: fresh(stage), end: async () => stage.proxy.set('pass') };
    },
  ],
  [
    'a server that is silent',
    async (stage) => {
      stage.proxy.set('blackhole');
      return { prisma: fresh(stage), end: async () => stage.proxy.set('pass') };
    },
  ],
  [
    'a pool that is in use',
    async (stage) => {
      const pool = stage.closing(createPool({ ...stage.proxied(), connectionLimit: 1 }));
      const connection = await pool.getConnection();
      return { prisma: onPool(stage, pool), end: async () => connection.release() };
    },
  ],
];

function onPool(stage: Stage, pool: ConstructorParameters<typeof PrismaMySQL2>[0], policy: ResilienceOptions = {}) {
  const all = { maxRetryTime, acquireTimeout: maxRetryTime, ...policy };
  const prisma = new PrismaClient({ adapter: new PrismaMySQL2(pool, { policy: all }) });
  stage.after(() => prisma.$disconnect().catch(() => {}));
  return prisma.$extends(resilience(all));
}

describe.each(troubles)('the first call of a client, and %s', unhurried, (_what, begin) => {
  const stage = useStage('prisma-first-question');
  beforeAll(() => withConnection(stage.direct(), (connection) => createTables((sql) => connection.query(sql))));
  beforeEach(() => stage.server.admin('DELETE FROM user'));

  /** What the first call fails with, and how long that takes; afterwards nothing of it comes to the server. */
  async function failureWith(
    options: () => CallOptions,
    send: (prisma: ExtendedClient, email: string) => Promise<unknown>,
  ): Promise<{ readonly error: unknown; readonly took: number }> {
    const { prisma, end } = await begin(stage);
    const startedAt = performance.now();
    const error = await failureOf(send(prisma.$resilience(options()), 'first'));
    const took = performance.now() - startedAt;
    await end();
    // All connections of the pool have had their turn then.
    await Promise.all(Array.from({ length: 6 }, () => prisma.user.count()));
    expect(await prisma.user.count()).toBe(0);
    return { error, took };
  }

  test.each(writes)('`signal` ends it with its reason, and nothing was sent: %s', async (_name, send) => {
    const signal = () => {
      const abort = new AbortController();
      setTimeout(() => abort.abort(reason), 300);
      return { signal: abort.signal };
    };
    const { error, took } = await failureWith(signal, send);
    expect(error).toBe(reason);
    expect(took).toBeLessThan(soon);
  });

  test.each(writes)('`attemptTimeout` makes nothing unknown that was not sent: %s', async (_name, send) => {
    const limits = { attemptTimeout: 200, maxRetryTime: 1_500, acquireTimeout: 1_500 };
    const { error, took } = await failureWith(() => limits, send);
    expect(error).not.toBeInstanceOf(OutcomeUnknownError);
    expect(classify(error)).toMatchObject({ outcome: 'not-executed' });
    expect(took).toBeLessThan(soon);
  });

  test.each(writes)('the limits of the call are those of its wait for a connection: %s', async (_name, send) => {
    const { error, took } = await failureWith(() => ({ maxRetryTime: 500, acquireTimeout: 500 }), send);
    expect(classify(error)).toMatchObject({ kind: 'acquire-timeout', outcome: 'not-executed' });
    expect(took).toBeLessThan(soon);
  });

  test('`maxWait` ends the wait of a transaction with P2028', async () => {
    const start: (prisma: ExtendedClient) => Promise<unknown> = (prisma) =>
      prisma.$transaction((tx) => tx.user.create({ data: { email: 'late' } }), { maxWait: 500 });
    const { error, took } = await failureWith(() => ({}), start);
    expect(error).toMatchObject({ name: 'PrismaClientKnownRequestError', code: 'P2028' });
    expect(took).toBeLessThan(soon);
  });

  test('one that gives up leaves the others as they are, and they are applied once', async () => {
    const { prisma, end } = await begin(stage);
    const abort = new AbortController();
    const others = writes.map(([name, send]) => send(prisma, name));
    const leaver = failureOf(prisma.$resilience({ signal: abort.signal }).user.create({ data: { email: 'leaver' } }));
    const quick = failureOf(
      prisma.$resilience({ maxRetryTime: 300, acquireTimeout: 300 }).user.create({ data: { email: 'quick' } }),
    );
    const connecting = prisma.$connect();
    abort.abort(reason);
    expect(await leaver).toBe(reason);
    expect(classify(await quick)).toMatchObject({ outcome: 'not-executed' });
    await end();
    await Promise.all([...others, connecting]);
    const users = await prisma.user.findMany();
    expect(users.map(({ email }) => email).sort()).toEqual(writes.map(([name]) => name).sort());
  });
});

describe('the first question of a client', unhurried, () => {
  const stage = useStage('prisma-first-question-asked');
  beforeAll(() => withConnection(stage.direct(), (connection) => createTables((sql) => connection.query(sql))));
  beforeEach(() => stage.server.admin('DELETE FROM user'));

  test('`retries: 0` waits for no server that is away, and gets Prisma’s own error', async () => {
    stage.proxy.set('refuse');
    for (const [, send] of writes) {
      const startedAt = performance.now();
      const error = await failureOf(send(fresh(stage).$resilience({ retries: 0 }), 'first'));
      expect(performance.now() - startedAt).toBeLessThan(soon);
      expect(classify(error)).toMatchObject({ outcome: 'not-executed' });
      expect(error).toMatchObject({ name: 'PrismaClientKnownRequestError', code: 'P1001' });
    }
  });

  test('an account that is refused is told as Prisma tells of it', async () => {
    const prisma = createExtendedClient(stage, 'PrismaMySQL2', {
      connection: { ...stage.direct(), user: 'nobody', password: 'wrong' },
    });
    for (const [, send] of writes) {
      expect(await failureOf(send(prisma, 'first'))).toMatchObject({
        name: 'PrismaClientKnownRequestError',
        code: 'P1000',
      });
    }
  });

  test('a statement that is in flight is not ended for the limits of another call', async () => {
    const prisma = fresh(stage);
    const asked = recordStatements(stage.proxy);
    stage.proxy.set('hold');
    const abort = new AbortController();
    const leaver = failureOf(prisma.$resilience({ signal: abort.signal }).user.count());
    const other = prisma.user.create({ data: { email: 'other' } });
    abort.abort(reason);
    expect(await leaver).toBe(reason);
    stage.proxy.set('pass');
    await other;
    expect(await prisma.user.count()).toBe(1);
    expect(asked.count('VERSION()')).toBeLessThanOrEqual(2);
  });

  test('is sent once where all wait for one connection', async () => {
    const asked = recordStatements(stage.proxy);
    const pool = stage.closing(createPool({ ...stage.proxied(), connectionLimit: 1 }));
    const prisma = onPool(stage, pool);
    await Promise.all(Array.from({ length: 8 }, () => prisma.user.count()));
    expect(asked.count('VERSION()')).toBe(1);
  });

  test.each([
    ['with the extension', (client: PrismaClient) => client.$extends(resilience({ maxRetryTime: 1_000 }))],
    ['without it', (client: PrismaClient) => client],
  ])('a pool of its own is not waited for, whose handshake has no answer: %s', async (_what, extend) => {
    stage.proxy.set('blackhole');
    const connection = { ...stage.proxied(), connectTimeout: 20_000 };
    const client = new PrismaClient({ adapter: new PrismaMySQL2(connection, { policy: { maxRetryTime: 1_000 } }) });
    const prisma = extend(client) as PrismaClient;
    const startedAt = performance.now();
    expect(classify(await failureOf(prisma.user.count()))).toMatchObject({ outcome: 'not-executed' });
    expect(performance.now() - startedAt).toBeLessThan(soon);
    stage.proxy.set('pass');
    expect(await prisma.user.count()).toBe(0);
    await prisma.$disconnect();
  });

  test('a pool that was opened for it ends with a caller that has given up', async () => {
    const connection = { ...stage.direct(), connectionLimit: 2 };
    const client = new PrismaClient({ adapter: new PrismaMySQL2(connection) });
    const prisma = client.$extends(resilience());
    const wrapped = withResilience(createPool(stage.direct()));
    stage.closing(wrapped);
    const abort = new AbortController();
    const leaver = failureOf(prisma.$resilience({ signal: abort.signal }).user.count());
    abort.abort(reason);
    expect(await leaver).toBe(reason);
    await expect.poll(() => stage.server.threads(), { timeout: 15_000 }).toEqual([]);
    expect(await prisma.user.count()).toBe(0);
    await prisma.$disconnect();
    await expect.poll(() => stage.server.threads(), { timeout: 15_000 }).toEqual([]);
  });

  test('what has not come to the adapter when its caller is told, is never sent', async () => {
    const bare = createExtendedClient(stage, 'PrismaMySQL2', { policy: { attemptTimeout: 100 } });
    let goOn: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const late: Promise<unknown>[] = [];
    const prisma = bare.$extends({
      query: {
        user: {
          async createMany({ args, query }) {
            await held;
            const sent = query(args);
            late.push(sent.catch((error: unknown) => error));
            return sent;
          },
        },
      },
    });
    await prisma.user.count();
    const error = await failureOf(prisma.user.createMany({ data: [{ email: 'late' }] }));
    expect(error).toBeInstanceOf(OutcomeUnknownError);
    goOn();
    await expect.poll(() => late.length, { timeout: 15_000 }).toBe(1);
    await late[0];
    expect(await prisma.user.count()).toBe(0);
  });
});

import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Prisma } from '../../prisma/generated/client.ts';
import { createTables } from '../../prisma/tables.ts';
import { isGoneAwayError, type ResilienceOptions, type RetryEvent } from '../../src/index.ts';
import { failureOf } from '../contract/outcome.ts';
import {
  adapters,
  type ClientOptions,
  createExtendedClient,
  type ExtendedClient,
} from '../support/prisma/extended-client.ts';
import { withConnection } from '../support/server/server-admin.ts';
import { unhurried, useStage } from '../support/stage.ts';

type Sender = Pick<ExtendedClient, '$queryRaw' | '$executeRaw'>;

/** A limit that your code sets in Prisma ends the call with Prisma's own error, and nothing is sent again. */
describe.each(adapters)('a limit that the caller of Prisma has set, on %s', unhurried, (adapter) => {
  const stage = useStage('prisma-callers-limits');
  const open = (
    connectionLimit = 2,
    policy: ResilienceOptions = {},
    transactionOptions: ClientOptions['transactionOptions'] = {},
  ): ExtendedClient =>
    createExtendedClient(stage, adapter, { connection: stage.direct(), connectionLimit, policy, transactionOptions });

  const rowsWith = (lock: string) => Prisma.raw(`SELECT id FROM stage_keyed WHERE id = 1 FOR UPDATE ${lock}`);

  beforeAll(() => withConnection(stage.direct(), (connection) => createTables((sql) => connection.query(sql))));
  beforeEach(async () => {
    await stage.server.admin('DELETE FROM user');
    await stage.server.admin('INSERT INTO stage_keyed (id) VALUES (1)');
  });

  test('NOWAIT: the lock is told of at once', async () => {
    const prisma = open();
    await stage.lockKeyed(1);
    const error = await failureOf(prisma.$queryRaw(Prisma.sql`${rowsWith('NOWAIT')}`));
    expect(error).toMatchObject({ code: 'P2010' });
    expect(isGoneAwayError(error)).toBe(false);
  });

  test('NOWAIT in a transaction that may run again: its callback runs once', async () => {
    const prisma = open();
    await stage.lockKeyed(1);
    let runs = 0;
    const error = await failureOf(
      prisma.$transaction(
        async (tx) => {
          runs += 1;
          await tx.$queryRaw(Prisma.sql`${rowsWith('NOWAIT')}`);
        },
        { rerun: true },
      ),
    );
    expect(error).toMatchObject({ code: 'P2010' });
    expect(runs).toBe(1);
  });

  /** Keeps one connection of the pool, in a transaction that has begun. */
  async function occupy(prisma: ExtendedClient): Promise<() => Promise<unknown>> {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let work: Promise<unknown> = released;
    await new Promise<void>((begun) => {
      work = prisma.$transaction(
        async () => {
          begun();
          await released;
        },
        { timeout: 60_000 },
      );
    });
    return () => {
      release();
      return work;
    };
  }

  test('`maxWait`: a transaction that could not begin in time is P2028, and is not tried again', async () => {
    const retried: RetryEvent[] = [];
    const prisma = open(1, { onRetry: (event) => retried.push(event) });
    const leave = await occupy(prisma);
    let runs = 0;
    const count = async () => {
      runs += 1;
    };
    expect(await failureOf(prisma.$transaction(count, { maxWait: 200, rerun: true }))).toMatchObject({ code: 'P2028' });
    expect(retried).toEqual([]);
    expect(runs).toBe(0);
    await leave();
    await prisma.$transaction(count, { maxWait: 2_000 });
  });

  test('`maxWait` of the client: as one of the transaction, for which it stands', async () => {
    const retried: RetryEvent[] = [];
    const prisma = open(1, { onRetry: (event) => retried.push(event) }, { maxWait: 500 });
    const leave = await occupy(prisma);
    let runs = 0;
    const count = async () => {
      runs += 1;
    };
    expect(await failureOf(prisma.$transaction(count, { rerun: true }))).toMatchObject({ code: 'P2028' });
    expect(await failureOf(prisma.$resilience({ retries: 3 }).$transaction(count))).toMatchObject({ code: 'P2028' });
    // The call's own comes first.
    const patient = prisma.$transaction(count, { maxWait: 60_000 });
    expect(retried).toEqual([]);
    expect(runs).toBe(0);
    await leave();
    await patient;
    expect(runs).toBe(1);
  });

  test('no `maxWait`: a transaction waits its turn for longer than Prisma’s default', async () => {
    const retried: RetryEvent[] = [];
    const prisma = open(1, { onRetry: (event) => retried.push(event) });
    const leave = await occupy(prisma);
    let runs = 0;
    const waiting = prisma.$transaction(async () => {
      runs += 1;
    });
    // Prisma's default is over.
    await delay(2_500);
    expect(runs).toBe(0);
    await leave();
    await waiting;
    expect(runs).toBe(1);
    // On ours it is one wait, as long as the server is borne with. Of the others nobody knows how long they would wait.
    if (adapter === 'PrismaMySQL2') expect(retried).toEqual([]);
  });
});

describe.each(adapters)('a signal, on %s', unhurried, (adapter) => {
  const stage = useStage('prisma-signal');
  beforeAll(() => withConnection(stage.direct(), (connection) => createTables((sql) => connection.query(sql))));
  beforeEach(() => stage.server.admin('DELETE FROM user'));

  test.each([
    ['a further statement', (tx: Pick<ExtendedClient, 'user'>) => tx.user.create({ data: { email: 'second' } })],
    ['nothing more', async () => {}],
  ])(
    'ends a transaction that is between its statements with its reason, and nothing of it stays: %s',
    async (_what, goOn) => {
      const prisma = createExtendedClient(stage, adapter, { connection: stage.direct(), connectionLimit: 1 });
      const abort = new AbortController();
      const reason = new Error('the client has gone');
      const work = prisma.$resilience({ signal: abort.signal }).$transaction(async (tx) => {
        await tx.user.create({ data: { email: 'first' } });
        abort.abort(reason);
        await goOn(tx);
      });
      expect(await failureOf(work)).toBe(reason);
      expect(await prisma.user.count()).toBe(0);
    },
  );
});

describe.each(adapters)('transactions that are called in one turn, on %s', unhurried, (adapter) => {
  const stage = useStage('prisma-one-turn');
  beforeAll(() => withConnection(stage.direct(), (connection) => createTables((sql) => connection.query(sql))));
  beforeEach(async () => {
    await stage.server.admin('DELETE FROM user');
    await stage.server.admin("INSERT INTO user (email, name, updated_at) VALUES ('taken', 'name', NOW())");
  });

  type Prisma = ReturnType<typeof createExtendedClient>;
  const create = (prisma: Prisma, email: string) => prisma.user.create({ data: { email } });
  const forms: readonly (readonly [form: string, run: (prisma: Prisma, email: string) => Promise<unknown>])[] = [
    ['batches', (prisma, email) => prisma.$transaction([create(prisma, email)])],
    ['callbacks', (prisma, email) => prisma.$transaction((tx) => tx.user.create({ data: { email } }))],
    [
      'nested writes',
      (prisma, email) => prisma.user.create({ data: { email, posts: { create: [{ title: email, slug: email }] } } }),
    ],
  ];

  test.each(forms)('stand each for itself: one that fails ends no other that waits to begin: %s', async (_, run) => {
    const prisma = createExtendedClient(stage, adapter, { connectionLimit: 1 });
    await prisma.user.count();
    for (let round = 0; round < 3; round += 1) {
      const emails = ['taken', ...[1, 2, 3].map((one) => `${round}-${one}`)];
      const [first, ...others] = await Promise.allSettled(emails.map((email) => run(prisma, email)));
      expect(first).toMatchObject({ status: 'rejected', reason: { code: 'P2002' } });
      expect(others.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    }
    expect(await prisma.user.count()).toBe(10);
    await prisma.$disconnect();
  });
});

describe('`maxWait` of a transaction on PrismaMySQL2, whose BEGIN has no answer', unhurried, () => {
  const stage = useStage('prisma-silent-begin');
  beforeAll(() => withConnection(stage.direct(), (connection) => createTables((sql) => connection.query(sql))));
  beforeEach(() => stage.server.admin('DELETE FROM user'));

  test('is P2028, and its connection is free for the next one', async () => {
    const prisma = createExtendedClient(stage, 'PrismaMySQL2', { connectionLimit: 2 });
    await Promise.all([prisma.$queryRaw`SELECT SLEEP(0.1)`, prisma.$queryRaw`SELECT SLEEP(0.1)`]);
    const silenceAtBegin = stage.proxy.onClientData((chunk, connection) => {
      if (!chunk.includes('BEGIN')) return 'forward';
      connection.silence();
      return 'swallow';
    });
    for (let round = 0; round < 3; round += 1) {
      const work = prisma.$transaction(async () => {}, { maxWait: 300 });
      expect(await failureOf(work)).toMatchObject({ code: 'P2028' });
    }
    silenceAtBegin();
    expect(await prisma.$transaction((tx) => tx.user.count())).toBe(0);
    await prisma.$disconnect();
  });
});

describe('`timeout` of a transaction on PrismaMySQL2, with a statement under way', unhurried, () => {
  const stage = useStage('prisma-timeout');
  beforeAll(() => withConnection(stage.direct(), (connection) => createTables((sql) => connection.query(sql))));
  beforeEach(async () => {
    await stage.server.admin('DELETE FROM user');
    await stage.server.admin('INSERT INTO stage_keyed (id) VALUES (1)');
  });

  test.each([
    ['a raw read', (tx: Sender) => tx.$queryRaw`SELECT id FROM stage_keyed WHERE id = 1 FOR UPDATE`],
    ['a raw write', (tx: Sender) => tx.$executeRaw`UPDATE stage_keyed SET writes = 2 WHERE id = 1`],
  ])('is P2028, once, and its connection and its locks are free: %s', async (_what, send) => {
    const prisma = createExtendedClient(stage, 'PrismaMySQL2', { connection: stage.direct(), connectionLimit: 1 });
    const email = 'locked';
    let runs = 0;
    await stage.lockKeyed(1);
    const work = prisma.$transaction(
      async (tx) => {
        runs += 1;
        await tx.user.create({ data: { email } });
        await send(tx);
      },
      { timeout: 300, rerun: true },
    );
    expect(await failureOf(work)).toMatchObject({ code: 'P2028' });
    expect(runs).toBe(1);
    await prisma.user.create({ data: { email } });
  });
});

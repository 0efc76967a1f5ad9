import { createPool } from 'mysql2/promise';
import { beforeEach, describe, expect, test } from 'vitest';
import { PrismaMySQL2 } from '../../adapters/prisma/adapter/index.ts';
import { resilience } from '../../adapters/prisma/index.ts';
import { PrismaClient } from '../../prisma/generated/client.ts';
import {
  AcquireTimeoutError,
  AttemptTimeoutError,
  classify,
  isSafeRead,
  OutcomeUnknownError,
} from '../../src/index.ts';
import { failureOf, later } from '../contract/outcome.ts';
import { useBlog } from '../support/prisma/blog.ts';
import { createExtendedClient } from '../support/prisma/extended-client.ts';
import { reads } from '../support/prisma/reads.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';

const stage = useStage('prisma-extension');
const blog = useBlog(stage);
const fast = { minTimeout: 0, maxTimeout: 0 } as const;

beforeEach(() => blog.reset());

describe('with PrismaMySQL2', unhurried, () => {
  test('every statement of a read is one that the pool may send again', async () => {
    const statements: string[] = [];
    const pool = stage.closing(createPool(stage.direct()));
    const logging = new PrismaClient({ adapter: new PrismaMySQL2(pool), log: [{ emit: 'event', level: 'query' }] });
    logging.$on('query', ({ query }) => statements.push(query));
    const prisma = logging.$extends(resilience());
    for (const { run } of reads) await run(prisma);
    // More values than one statement may have: Prisma makes two of it, in a transaction.
    await prisma.user.findMany({ where: { id: { in: Array.from({ length: 70_000 }, (_, id) => id) } } });
    const sent = statements.filter((sql) => !sql.startsWith('--'));
    expect(sent.length).toBeGreaterThan(reads.length);
    expect(sent.filter((sql) => !isSafeRead(sql))).toEqual([]);
  });

  test('errors of this package reach the caller as they are, whatever Prisma makes of them', async () => {
    // Directly, so that what it stops waiting for is stopped on the server as well.
    const connection = stage.direct();
    const policy = { attemptTimeout: 200 };
    const prisma = createExtendedClient(stage, 'PrismaMySQL2', { connection, connectionLimit: 1, policy });
    await prisma.user.count();
    const unlock = await blog.lock();
    const write = await failureOf(Promise.resolve(prisma.user.updateMany({ data: { name: 'x' } })));
    expect(write).toBeInstanceOf(OutcomeUnknownError);
    const inside = await failureOf(prisma.$transaction(async (tx) => tx.user.count()));
    expect(inside).toBeInstanceOf(AttemptTimeoutError);
    const waiting = prisma.$resilience({ acquireTimeout: 50, attemptTimeout: 2_000 });
    const blocker = later(Promise.resolve(prisma.$resilience({ attemptTimeout: 2_000 }).user.count()));
    await stage.inFlight(1);
    for (const work of [
      waiting.user.findMany(),
      waiting.user.create({ data: { email: 'x' } }),
      waiting.$executeRaw`DELETE FROM tag`,
    ]) {
      expect(await failureOf(Promise.resolve(work))).toBeInstanceOf(AcquireTimeoutError);
    }
    expect(await failureOf(waiting.$transaction(async () => 1))).toBeInstanceOf(AcquireTimeoutError);
    expect(await failureOf(waiting.$transaction([waiting.tag.deleteMany(), waiting.tag.deleteMany()]))).toBeInstanceOf(
      AcquireTimeoutError,
    );
    await unlock();
    await blocker;
  });

  test('a limit for one statement is none for an operation of many', async () => {
    const policy = { attemptTimeout: 400, retries: 0 };
    const prisma = createExtendedClient(stage, 'PrismaMySQL2', { policy });
    const run = () => prisma.user.create({ data: { email: 'cid', posts: { create: { title: 'C', slug: 'c' } } } });
    await run();
    await blog.reset();
    stage.proxy.delay(60);
    const startedAt = performance.now();
    expect(await run()).toMatchObject({ email: 'cid' });
    expect(performance.now() - startedAt).toBeGreaterThan(policy.attemptTimeout);
  });

  test.each([
    undefined,
    new DOMException('too late', 'TimeoutError'),
    Object.assign(new Error('x'), { code: 'E_MINE' }),
  ])('the reason of a signal reaches the caller as it is: %s', async (reason) => {
    const prisma = createExtendedClient(stage, 'PrismaMySQL2', { connectionLimit: 1 });
    await prisma.user.count();
    const unlock = await blog.lock();
    const blocker = later(Promise.resolve(prisma.user.count()));
    await expect.poll(() => blog.waiting(), patient).toBe(1);
    const controller = new AbortController();
    const derived = prisma.$resilience({ signal: controller.signal });
    const failures = [
      failureOf(Promise.resolve(derived.user.findMany())),
      failureOf(Promise.resolve(derived.user.create({ data: { email: 'x' } }))),
      failureOf(derived.$transaction([derived.tag.deleteMany(), derived.tag.deleteMany()])),
      failureOf(derived.$transaction(async () => 1)),
    ];
    controller.abort(reason);
    for (const failure of failures) expect(await failure).toBe(controller.signal.reason);
    await unlock();
    await blocker;
  });

  test('the options of a call end with it: they reach neither the callback of a transaction nor the next call', async () => {
    const prisma = createExtendedClient(stage, 'PrismaMySQL2', { policy: fast });
    const controller = new AbortController();
    const outcome = await prisma
      .$resilience({ signal: controller.signal, retries: 0 })
      .$transaction(async () => {
        controller.abort(new Error('gone'));
        return prisma.user.count();
      })
      .catch((error: unknown) => error);
    expect(outcome).toMatchObject({ message: 'gone' });
    expect(await prisma.user.count()).toBe(2);
  });

  test('a read that Prisma put into one statement with somebody else is answered, though that one has gone', async () => {
    const prisma = createExtendedClient(stage, 'PrismaMySQL2', { policy: fast });
    await Promise.all([prisma.user.findUnique({ where: { id: 1 } }), prisma.user.findUnique({ where: { id: 2 } })]);
    const unlock = await blog.lock();
    const controller = new AbortController();
    const gone = failureOf(
      Promise.resolve(prisma.$resilience({ signal: controller.signal }).user.findUnique({ where: { id: 1 } })),
    );
    const stays = later(Promise.resolve(prisma.user.findUnique({ where: { id: 2 } })));
    await expect.poll(() => blog.waiting(), patient).toBeGreaterThan(0);
    const reason = new Error('gone');
    controller.abort(reason);
    expect(await gone).toBe(reason);
    await unlock();
    expect(await stays).toMatchObject({ email: 'bob' });
  });

  test('a pool that was ended is told once, at once', async () => {
    const pool = createPool(stage.direct());
    const ended = new PrismaClient({ adapter: new PrismaMySQL2(pool) }).$extends(resilience());
    await ended.user.count();
    await pool.end();
    const startedAt = performance.now();
    const error = await failureOf(Promise.resolve(ended.user.create({ data: { email: 'x' } })));
    expect(classify(error)).toMatchObject({ transient: false });
    expect(String(error)).toContain('ended');
    // Below `acquireTimeout`: it was not waited for.
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});

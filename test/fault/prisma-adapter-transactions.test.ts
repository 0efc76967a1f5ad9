import { setTimeout as delay } from 'node:timers/promises';
import { type Connection, createConnection } from 'mysql2/promise';
import { describe, expect, it } from 'vitest';
import { resilience } from '../../adapters/prisma/index.ts';
import { classify, OutcomeUnknownError } from '../../src/index.ts';
import { caught, createFaultStage } from '../support/prisma/fault-stage.ts';
import type { PrismaOnPool } from '../support/prisma/prisma-on.ts';

const stage = createFaultStage('prisma-transactions');

describe('an implicit transaction', () => {
  it('begins again when it is lost at BEGIN', async () => {
    stage.losePacketWith('BEGIN');
    await stage.prisma.user.create({ data: { email: 'a' } });
    expect(await stage.emails()).toEqual(['a']);
  });

  it('begins again when it is lost while its first statement is prepared', async () => {
    stage.losePacketWith('INSERT');
    await stage.prisma.user.create({ data: { email: 'a' } });
    expect(await stage.emails()).toEqual(['a']);
  });

  it('leaves nothing when it is lost before COMMIT, and is P1017', async () => {
    stage.losePacketWith('SELECT');
    const error = await caught(stage.prisma.user.create({ data: { email: 'a' } }));
    expect(error).toMatchObject({ name: 'PrismaClientKnownRequestError', code: 'P1017' });
    expect(classify(error)).toMatchObject({ outcome: expect.stringMatching(/rolled-back|not-executed/) });
    expect(await stage.emails()).toEqual([]);
  });

  it('is unknown when the answer to COMMIT is lost', async () => {
    stage.loseAnswerTo('COMMIT');
    const error = await caught(stage.prisma.user.create({ data: { email: 'a' } }));
    expect(error).toMatchObject({ name: 'PrismaClientKnownRequestError', code: 'ERR_GONE_AWAY_OUTCOME_UNKNOWN' });
    expect(classify(error).outcome).toBe('unknown');
    expect(await stage.emails()).toEqual(['a']);
  });
});

describe('an interactive transaction', () => {
  it('is an OutcomeUnknownError when the answer to COMMIT is lost', async () => {
    stage.loseAnswerTo('COMMIT');
    const error = await caught(stage.prisma.$transaction((tx) => tx.user.create({ data: { email: 'a' } })));
    expect(error).toBeInstanceOf(OutcomeUnknownError);
    expect(error).toMatchObject({ code: 'ERR_GONE_AWAY_OUTCOME_UNKNOWN' });
    expect(await stage.emails()).toEqual(['a']);
  });

  it('is rolled back, and not "not executed", when it is lost while a later statement is prepared', async () => {
    const { prisma } = stage;
    stage.losePacketWith('UPDATE');
    const error = await caught(
      prisma.$transaction(async (tx) => {
        await tx.user.createMany({ data: [{ email: 'a' }] });
        await tx.user.updateMany({ where: { email: 'a' }, data: { balance: { increment: 1 } } });
      }),
    );
    expect(classify(error)).toMatchObject({ outcome: 'rolled-back', transient: true });
    expect(await stage.emails()).toEqual([]);
  });

  it('does not succeed when its callback swallows the loss of its connection', async () => {
    const { prisma } = stage;
    const error = await caught(
      prisma.$transaction(async (tx) => {
        await tx.user.create({ data: { email: 'a' } });
        await stage.killAll();
        await tx.user.create({ data: { email: 'b' } }).catch(() => {});
        await tx.user.create({ data: { email: 'c' } }).catch(() => {});
      }),
    );
    expect(error).toMatchObject({ name: 'DriverAdapterError', code: 'P1017', cause: { kind: 'ConnectionClosed' } });
    expect(classify(error)).toMatchObject({ transient: true });
    expect(await stage.emails()).toEqual([]);
  });

  it('lets nothing through after a deadlock that its callback swallows', async () => {
    const { prisma } = stage;
    await prisma.user.createMany({ data: [{ email: 'a' }, { email: 'b' }] });
    const lock = (tx: Pick<typeof prisma, 'user'>, email: string) =>
      tx.user.updateMany({ where: { email }, data: { balance: { increment: 1 } } });
    const swallowed: unknown[] = [];
    const run = (first: string, second: string, extra: string) =>
      prisma.$transaction(
        async (tx) => {
          await lock(tx, first);
          await delay(50);
          await lock(tx, second).catch((error: unknown) => swallowed.push(error));
          await tx.user.create({ data: { email: extra } });
        },
        { timeout: 20_000 },
      );
    const results = await Promise.allSettled([run('a', 'b', 'c'), run('b', 'a', 'd')]);
    const [failed] = results.filter((result) => result.status === 'rejected');
    expect(swallowed).toHaveLength(1);
    expect(swallowed[0]).toMatchObject({ code: 'P2034' });
    expect(failed?.reason).toMatchObject({ code: 'P2034' });
    expect(await stage.emails()).toHaveLength(3);
    expect(await prisma.user.findMany({ where: { balance: 1 } })).toHaveLength(2);
  });

  it('sees the deadlock behind a lock wait timeout, which ends a statement only', async () => {
    const { prisma } = stage;
    await prisma.user.createMany({
      data: ['held', 'a', 'b', ...Array.from({ length: 30 }, (_, n) => `z${n}`)].map((email) => ({ email })),
    });
    const holder = await createConnection(stage.server.connectionOptions());
    const other = await createConnection(stage.server.connectionOptions());
    const add = (connection: Connection, email: string) =>
      connection.query('UPDATE user SET balance = balance + 1 WHERE email = ?', [email]);
    const swallowed: unknown[] = [];
    const swallow = (error: unknown) => swallowed.push(error);
    await holder.query('BEGIN');
    await add(holder, 'held');
    await other.query('BEGIN');
    // The heavier one is not the victim of a deadlock.
    for (let n = 0; n < 30; n += 1) await add(other, `z${n}`);
    await add(other, 'b');
    const error = await caught(
      prisma.$transaction(
        async (tx) => {
          const lock = (email: string) => tx.user.updateMany({ where: { email }, data: { balance: { increment: 1 } } });
          await tx.$executeRaw`SET innodb_lock_wait_timeout = 1`;
          await lock('held').catch(swallow);
          await lock('a');
          const deadlock = add(other, 'a');
          await Promise.all([deadlock, delay(50).then(() => lock('b').catch(swallow))]);
          await tx.user.create({ data: { email: 'extra' } });
        },
        { timeout: 20_000 },
      ),
    );
    await Promise.all([holder.end(), other.end()]);
    expect(swallowed).toMatchObject([{ code: 'P2039' }, { code: 'P2034' }]);
    expect(error).toMatchObject({ code: 'P2034' });
    expect(await stage.emails()).not.toContain('extra');
  });

  type Sender = Pick<PrismaOnPool['prisma'], 'user' | '$executeRaw'>;
  const ofModel = (tx: Sender) => tx.user.create({ data: { email: 'b' } });
  const raw = (tx: Sender) => tx.$executeRaw`INSERT INTO user (email) VALUES ('b')`;
  it.each([
    ['without the extension', 'a write of a model', ofModel, 'P1008'],
    ['without the extension', 'a raw write', raw, 'P2010'],
    ['with the extension', 'a write of a model', ofModel, 'P2028'],
    ['with the extension', 'a raw write', raw, 'P2028'],
  ] as const)(
    'frees its connection when Prisma ends it while the server does not answer: %s, %s',
    async (how, _what, send, code) => {
      const { prisma: bare, pool } = stage;
      const prisma = how === 'with the extension' ? (bare.$extends(resilience()) as unknown as typeof bare) : bare;
      const startedAt = performance.now();
      const error = await caught(
        prisma.$transaction(
          async (tx) => {
            await tx.user.create({ data: { email: 'a' } });
            stage.proxy.set('hold');
            await send(tx);
          },
          // Longer than it takes until the statement is under way, also on a busy machine.
          { timeout: 2_000 },
        ),
      );
      stage.proxy.set('pass');
      // Long before the server would be asked whether it still works on the statement, and found out of reach.
      expect(performance.now() - startedAt).toBeLessThan(10_000);
      expect(error).toMatchObject({ name: 'PrismaClientKnownRequestError', code });
      const [first, second] = [await pool.getConnection(), await pool.getConnection()];
      first.release();
      second.release();
      expect(await stage.emails()).toEqual([]);
    },
  );

  it('refuses a statement that nobody waited for', async () => {
    const { prisma } = stage;
    let late: Promise<unknown> = Promise.resolve();
    await prisma.$transaction(async (tx) => {
      late = delay(30).then(() => tx.user.create({ data: { email: 'late' } }));
    });
    expect(await caught(late)).toMatchObject({ code: 'P2028' });
    expect(await stage.emails()).toEqual([]);
  });
});

describe('a batch', () => {
  const batch = ({ prisma }: Pick<PrismaOnPool, 'prisma'>) =>
    prisma.$transaction([prisma.user.create({ data: { email: 'a' } }), prisma.user.create({ data: { email: 'b' } })]);

  it('is unknown when the answer to COMMIT is lost', async () => {
    stage.loseAnswerTo('COMMIT');
    const error = await caught(batch(stage));
    expect(error).toMatchObject({ name: 'PrismaClientKnownRequestError', code: 'ERR_GONE_AWAY_OUTCOME_UNKNOWN' });
    expect(classify(error).outcome).toBe('unknown');
    expect(await stage.emails()).toEqual(['a', 'b']);
  });

  it('keeps its first error, though it cannot be rolled back any more', async () => {
    stage.loseAnswerTo('SELECT');
    const error = await caught(batch(stage));
    expect(error).toMatchObject({ name: 'PrismaClientKnownRequestError', code: 'P1017' });
    expect(await stage.emails()).toEqual([]);
  });
});

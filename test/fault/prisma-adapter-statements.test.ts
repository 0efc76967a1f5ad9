import { describe, expect, it } from 'vitest';
import { originalErrorOf } from '../../adapters/prisma/index.ts';
import { AttemptTimeoutError, classify, OutcomeUnknownError, RetriesExhaustedError } from '../../src/index.ts';
import { caught, createFaultStage } from '../support/prisma/fault-stage.ts';
import type { PrismaOnPool } from '../support/prisma/prisma-on.ts';

const stage = createFaultStage('prisma-statements');

describe('outside a transaction', () => {
  it.each(['rst', 'fin'] as const)('answers a read whose answer was lost (%s)', async (how) => {
    const { prisma } = stage;
    await prisma.user.create({ data: { email: 'a' } });
    expect(await prisma.user.count()).toBe(1);
    void stage.proxy.cutAfter('s2c', 0, how);
    expect(await prisma.user.count()).toBe(1);
    void stage.proxy.cutAfter('s2c', 0, how);
    expect(await prisma.$queryRaw`SELECT email FROM user`).toEqual([{ email: 'a' }]);
  });

  it('answers a read while every connection is being killed', async () => {
    const { prisma } = stage;
    await Promise.all([prisma.user.count(), prisma.user.count()]);
    await stage.killAll();
    expect(await Promise.all([prisma.user.count(), prisma.user.findMany(), prisma.$queryRaw`SELECT 1`])).toHaveLength(
      3,
    );
  });

  it('applies a write once when its connection had died before', async () => {
    const { prisma } = stage;
    await prisma.user.create({ data: { email: 'a' } });
    await stage.killAll();
    expect(await prisma.user.updateMany({ data: { balance: { increment: 1 } } })).toEqual({ count: 1 });
    expect(await prisma.user.findFirst({ select: { balance: true } })).toEqual({ balance: 1 });
  });

  it('does not send a write again whose answer was lost, and says so', async () => {
    const { prisma } = stage;
    const insert = () => prisma.$executeRaw`INSERT INTO user (email, updated_at) VALUES (${'a'}, NOW())`;
    await prisma.$executeRaw`DELETE FROM user`;
    await insert(); // prepared on this connection: the next packet is the execution itself
    await prisma.$executeRaw`DELETE FROM user`;
    void stage.proxy.cutAfter('s2c', 0, 'rst');
    const error = await caught(insert());
    expect(error).toMatchObject({ name: 'PrismaClientKnownRequestError', code: 'ERR_GONE_AWAY_OUTCOME_UNKNOWN' });
    expect(originalErrorOf(error)).toBeInstanceOf(OutcomeUnknownError);
    expect(classify(error)).toMatchObject({ outcome: 'unknown', kind: 'connection-lost' });
    expect(await stage.emails()).toEqual(['a']);
  });

  it('sends a write again that was lost while it was being prepared', async () => {
    const { prisma } = stage;
    void stage.proxy.cutAfter('s2c', 0, 'rst');
    expect(await prisma.$executeRaw`INSERT INTO user (email, updated_at) VALUES ('prepared', NOW())`).toBe(1);
    expect(await stage.emails()).toEqual(['prepared']);
  });

  it('keeps a model write whose answer was lost from being sent twice', async () => {
    const { prisma } = stage;
    await prisma.user.createMany({ data: [{ email: 'a' }] });
    await prisma.user.updateMany({ data: { balance: { increment: 1 } } });
    void stage.proxy.cutAfter('s2c', 0, 'rst');
    const error = await caught(prisma.user.updateMany({ data: { balance: { increment: 1 } } }));
    expect(error).toMatchObject({ code: 'ERR_GONE_AWAY_OUTCOME_UNKNOWN', meta: { modelName: 'User' } });
    expect(await prisma.user.findFirst({ select: { balance: true } })).toEqual({ balance: 2 });
  });
});

describe('limits', () => {
  const read = ({ prisma }: PrismaOnPool) => prisma.user.findMany({ where: { name: 'answer' } });

  it('ends a statement that has no answer within `attemptTimeout` as P1008', async () => {
    const limited = await stage.open({ attemptTimeout: 150, retries: 1, minTimeout: 0 });
    await limited.prisma.user.create({ data: { email: 'a', name: 'answer' } });
    const speak = stage.silence('answer');
    const error = await caught(read(limited));
    const inTransaction = await caught(
      limited.prisma.$transaction((tx) => tx.user.findMany({ where: { name: 'answer' } })),
    );
    speak();
    expect(error).toMatchObject({ name: 'PrismaClientKnownRequestError', code: 'P1008', meta: { modelName: 'User' } });
    expect(originalErrorOf(error)).toBeInstanceOf(RetriesExhaustedError);
    expect(inTransaction).toMatchObject({ code: 'P1008' });
    expect(originalErrorOf(inTransaction)).toBeInstanceOf(AttemptTimeoutError);
    await limited.close();
  });

  it("ends with the signal's reason, as it is or as the cause", async () => {
    const stop = new AbortController();
    const limited = await stage.open({ signal: stop.signal });
    await limited.prisma.user.create({ data: { email: 'a', name: 'answer' } });
    const speak = stage.silence('answer');
    const waiting = caught(read(limited));
    setTimeout(() => stop.abort(), 50);
    const error = await waiting;
    speak();
    expect(error).toMatchObject({ cause: { name: 'AbortError' } });
    await limited.close();
  });

  it('gives up after its retries with all of their errors', async () => {
    const { prisma, close } = await stage.open({ retries: 1, minTimeout: 0, maxTimeout: 0 });
    await prisma.user.count();
    const stop = stage.proxy.onClientData((chunk, connection) => {
      if (!chunk.includes('COUNT')) return undefined;
      connection.reset();
      return 'swallow';
    });
    const error = await caught(prisma.user.count({ where: { id: 1 } }));
    stop();
    expect(error).toMatchObject({ name: 'PrismaClientKnownRequestError', code: 'P1017' });
    expect(originalErrorOf(error)).toBeInstanceOf(RetriesExhaustedError);
    await close();
  });
});

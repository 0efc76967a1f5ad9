import { PrismaMariaDb } from '@prisma/adapter-mariadb';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { PrismaMySQL2 } from '../../adapters/prisma/adapter/index.ts';
import { resilience } from '../../adapters/prisma/index.ts';
import { PrismaClient } from '../../prisma/generated/client.ts';
import { OutcomeUnknownError } from '../../src/index.ts';
import { caught, createFaultStage } from '../support/prisma/fault-stage.ts';

/** What Prisma sends as several statements: the adapter puts the token into the transaction that Prisma begins. */
describe('exactlyOnce of Prisma’s own transactions', () => {
  const stage = createFaultStage('ledger-prisma');
  const data = { email: 'a@example.com', updatedAt: new Date(0), profile: { create: { bio: 'b' } } };
  const open = () =>
    new PrismaClient({ adapter: new PrismaMySQL2(stage.pool) }).$extends(resilience({ exactlyOnce: true }));

  beforeEach(async () => {
    await stage.pool.query('DELETE FROM gone_away_ledger');
  });

  const fates = [
    ['executed', () => stage.loseAnswerTo('COMMIT')],
    ['lost on its way', () => stage.losePacketWith('COMMIT')],
  ] as const;

  test.each(fates)('a nested create is applied once, and answered, when its COMMIT was %s', async (_fate, lose) => {
    const prisma = open();
    lose();
    expect(await prisma.user.create({ data })).toMatchObject({ email: 'a@example.com' });
    expect(await stage.emails()).toEqual(['a@example.com']);
  });

  test.each(fates)(
    'an array of operations is applied once, and answered, when its COMMIT was %s',
    async (_fate, lose) => {
      const prisma = open();
      lose();
      const user = (email: string) => prisma.user.create({ data: { email, updatedAt: new Date(0) } });
      const [first, second] = await prisma.$transaction([user('a@example.com'), user('b@example.com')]);
      expect([first.email, second.email]).toEqual(['a@example.com', 'b@example.com']);
      expect(await stage.emails()).toEqual(['a@example.com', 'b@example.com']);
    },
  );

  test.each(fates)('an array with the option is, as well: %s', async (_fate, lose) => {
    const prisma = new PrismaClient({ adapter: new PrismaMySQL2(stage.pool) }).$extends(resilience());
    await prisma.user.count();
    lose();
    await prisma.$transaction([prisma.user.create({ data })], { exactlyOnce: true });
    expect(await stage.emails()).toEqual(['a@example.com']);
  });

  test.each(fates)('one statement is applied once when its COMMIT was %s', async (_fate, lose) => {
    const prisma = open();
    lose();
    const many = [{ email: 'a@example.com', updatedAt: new Date(0) }];
    expect(await prisma.user.createMany({ data: many })).toEqual({ count: 1 });
    expect(await stage.emails()).toEqual(['a@example.com']);
  });

  test('is what a write without it does not have', async () => {
    const prisma = new PrismaClient({ adapter: new PrismaMySQL2(stage.pool) }).$extends(resilience());
    await prisma.user.count();
    stage.loseAnswerTo('COMMIT');
    expect(await caught(prisma.user.create({ data }))).toBeInstanceOf(OutcomeUnknownError);
  });

  test('leaves the ledger alone for what only reads', async () => {
    const prisma = open();
    await prisma.user.findMany({ include: { profile: true } });
    const [rows] = await stage.pool.query('SELECT * FROM gone_away_ledger');
    expect(rows).toEqual([]);
  });

  test('is refused on another adapter, for arrays with a key, and in nested transactions', async () => {
    const foreign = new PrismaClient({ adapter: new PrismaMariaDb({ host: '127.0.0.1', port: 1 }) });
    expect(() => foreign.$extends(resilience({ exactlyOnce: true }))).toThrow(/client on PrismaMySQL2/);
    const extended = foreign.$extends(resilience());
    expect(() => extended.$resilience({ exactlyOnce: true })).toThrow(/got one on @prisma\/adapter-mariadb/);
    const callback = vi.fn(async () => 1);
    await expect(extended.$transaction(callback, { idempotencyKey: 'k' })).rejects.toThrow(/client on PrismaMySQL2/);
    const prisma = open();
    const keyed = { idempotencyKey: 'k' } as object;
    await expect(prisma.$transaction([prisma.user.count()], keyed)).rejects.toThrow(/array of operations/);
    type Nesting = { $transaction(callback: () => Promise<unknown>, options: object): Promise<unknown> };
    const nested = prisma.$transaction((tx) =>
      (tx as unknown as Nesting).$transaction(callback, { exactlyOnce: true }),
    );
    await expect(nested).rejects.toThrow(/Unexpected `exactlyOnce` for a nested transaction/);
    expect(callback).not.toHaveBeenCalled();
  });
});

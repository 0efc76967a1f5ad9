import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createTables } from '../../prisma/tables.ts';
import { classify } from '../../src/index.ts';
import { adapters, createBareClient, createExtendedClient } from '../support/prisma/extended-client.ts';
import { withConnection } from '../support/server/server-admin.ts';
import { unhurried, useStage } from '../support/stage.ts';

const row = (email: string) => ({ data: { email, updatedAt: new Date(0) } });
const [ada, bob, eve] = ['ada@example.com', 'bob@example.com', 'eve@example.com'].map(row) as [Row, Row, Row];
type Row = ReturnType<typeof row>;
type Outcome = PromiseSettledResult<unknown>;

describe.each(adapters)('operations that are called together in a transaction, on %s', unhurried, (adapter) => {
  const stage = useStage('together');
  const options = () => ({ connection: stage.direct() });

  beforeAll(() => withConnection(stage.direct(), (connection) => createTables((sql) => connection.query(sql))));
  beforeEach(() => withConnection(stage.direct(), (connection) => connection.query('DELETE FROM user')));

  test('work as on a bare client where one of them is a transaction inside of it', async () => {
    const both = async (prisma: ReturnType<typeof createBareClient>) =>
      prisma.$transaction(async (tx) => {
        await tx.user.create(ada);
        const nested = tx.$transaction(async (inner) => {
          await inner.user.create(bob);
          return inner.user.count();
        });
        const answers = await Promise.allSettled([
          tx.user.findMany({ select: { email: true } }),
          nested,
          tx.user.createMany({ data: [eve.data] }),
        ]);
        return { answers, count: await tx.user.count() };
      });
    const told = await both(createBareClient(stage, adapter, options()));
    await withConnection(stage.direct(), (connection) => connection.query('DELETE FROM user'));
    const prisma = createExtendedClient(stage, adapter, options());
    expect(await both(prisma as never)).toEqual(told);
    expect(told.answers.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    expect(await prisma.user.count()).toBe(3);
  });

  /** Nobody waits for them, and COMMIT is there first. */
  async function callAndLeave(prisma: ReturnType<typeof createExtendedClient>): Promise<readonly Outcome[]> {
    let outcomes: Promise<Outcome[]> | undefined;
    await prisma.$transaction(async (tx) => {
      outcomes = Promise.allSettled([tx.user.create(ada), tx.user.create(bob), tx.$queryRaw`SELECT 1`]);
    });
    return (await outcomes) ?? [];
  }

  test('Prisma itself says of those that it left out that they are done', async () => {
    const bare = createBareClient(stage, adapter, options());
    const outcomes = await callAndLeave(bare as unknown as ReturnType<typeof createExtendedClient>);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(await bare.user.count()).toBe(0);
  });

  test('are sent before COMMIT where another driver sends them, and each of them fails where nothing was sent', async () => {
    const isOurs = adapter === 'PrismaMySQL2';
    const prisma = createExtendedClient(stage, adapter, options());
    const outcomes = await callAndLeave(prisma);
    const status = isOurs ? 'rejected' : 'fulfilled';
    expect(outcomes).toMatchObject([{ status }, { status }, { status }]);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(classify(outcome.reason).code).toBe('P2028');
    }
    expect(await prisma.user.count()).toBe(isOurs ? 0 : 2);
  });

  test('are undone with their transaction when its callback throws, however far they have come', async () => {
    // In two messages, and ROLLBACK must not come between them.
    const prisma = createExtendedClient(stage, adapter, { ...options(), pipelining: false });
    const mine = new Error('mine');
    for (let turns = 0; turns < 30; turns += 1) {
      const forgotten: Promise<unknown>[] = [];
      const failed = prisma.$transaction(async (tx) => {
        await tx.$queryRaw`SELECT 1`;
        forgotten.push(tx.user.createMany({ data: [ada.data] }).catch(() => {}));
        for (let turn = 0; turn < turns; turn += 1) await nextTurn();
        throw mine;
      });
      await expect(failed).rejects.toBe(mine);
      await Promise.all(forgotten);
      expect(await prisma.user.count(), `after ${turns} turns`).toBe(0);
    }
  });

  test('end where a hook asks for more in the same transaction, though nobody waits for them', async () => {
    const prisma = createExtendedClient(stage, adapter, options());
    let ask: (() => Promise<unknown>) | undefined;
    const hooked = prisma.$extends({
      query: {
        user: {
          create: async ({ args, query }) => {
            const result = await query(args);
            await ask?.();
            return result;
          },
        },
      },
    });
    let forgotten: Promise<unknown> = Promise.resolve();
    await hooked.$transaction(async (tx) => {
      ask = () => tx.$queryRaw`SELECT 1`;
      await tx.$queryRaw`SELECT 1`;
      forgotten = tx.user.create(ada).catch(() => {});
    });
    await forgotten;
  });

  test('fail, each of them, when they are called after its end', async () => {
    const prisma = createExtendedClient(stage, adapter, options());
    const tx = await prisma.$transaction(async (given) => given);
    const outcomes = await Promise.allSettled([tx.user.create(ada), tx.user.create(bob)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await prisma.user.count()).toBe(0);
  });

  test('fail from the first on that fails; those before it are done, and the transaction goes on', async () => {
    const prisma = createExtendedClient(stage, adapter, options());
    const outcomes = await prisma.$transaction(async (tx) => {
      const together = await Promise.allSettled([tx.user.create(ada), tx.user.create(ada), tx.user.create(bob)]);
      await tx.user.create(eve);
      return together;
    });
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(String((outcomes[2] as PromiseRejectedResult).reason)).toMatch('Prisma has no answer to this operation');
    expect(await prisma.user.findMany({ select: { email: true } })).toEqual(
      [ada, eve].map(({ data: { email } }) => ({ email })),
    );
  });

  test('are answered as a hook of somebody else says, also with undefined', async () => {
    const prisma = createExtendedClient(stage, adapter, options()).$extends({
      query: {
        $allOperations: async ({ args, query }) => {
          await query(args);
          return undefined;
        },
      },
    });
    const outcomes = await prisma.$transaction((tx) => Promise.all([tx.user.create(ada), tx.user.create(bob)]));
    expect(outcomes).toEqual([undefined, undefined]);
    expect(await prisma.$queryRaw`SELECT 1`).toBeUndefined();
  });
});

import { seed } from './model-operations.ts';
import type { Operation } from './operation.ts';
import type { Prisma } from './two-adapters.ts';

type Tx = Parameters<Parameters<Prisma['$transaction']>[0]>[0];

const emails = (prisma: Pick<Prisma, 'user'>) =>
  prisma.user.findMany({ select: { id: true, email: true }, orderBy: { id: 'asc' } });
const create = (prisma: Pick<Prisma, 'user'>, email: string) =>
  prisma.user.create({ data: { email }, select: { id: true } });

/** What a callback does, and what is there afterwards. */
const after = (name: string, run: (prisma: Prisma) => Promise<unknown>): Operation => ({
  name,
  run: async (prisma) => {
    const result = await run(prisma).catch(
      (error: Error & { code?: string }) => `${error.code ?? error.name}: ${error.message.split('\n').at(-1)}`,
    );
    return [result, await emails(prisma)];
  },
});

/** The methods of a nested transaction are there, but not in the type of `tx`. */
const nested = (tx: Tx, work: (tx: Tx) => Promise<unknown>) =>
  (tx as unknown as { $transaction(work: (tx: Tx) => Promise<unknown>): Promise<unknown> }).$transaction(work);

const isolationLevels = ['ReadUncommitted', 'ReadCommitted', 'RepeatableRead', 'Serializable'] as const;

export const transactionOperations: readonly Operation[] = [
  after('an interactive transaction commits', (prisma) =>
    prisma.$transaction(async (tx) => {
      await create(tx, 'a');
      await tx.user.createMany({ data: [{ email: 'b' }] });
      await tx.$executeRaw`UPDATE user SET name = 'x'`;
      return [await emails(tx), await tx.$queryRaw`SELECT name FROM user`];
    }),
  ),
  after('an interactive transaction that throws leaves nothing', (prisma) =>
    prisma.$transaction(async (tx) => {
      await create(tx, 'a');
      throw new Error('no');
    }),
  ),
  after('a failed statement that is caught leaves the rest', (prisma) =>
    prisma.$transaction(async (tx) => {
      await create(tx, 'a');
      await create(tx, 'a').catch(() => {});
      await create(tx, 'b');
    }),
  ),
  after('several statements at once', (prisma) =>
    prisma.$transaction(async (tx) => Promise.all(['a', 'b', 'c'].map((email) => create(tx, email)))),
  ),
  ...isolationLevels.map((isolationLevel) =>
    after(`${isolationLevel}, and only for this one`, async (prisma) => {
      const variable = await prisma.$queryRaw<
        { Value: string }[]
      >`SHOW VARIABLES WHERE Variable_name IN ('tx_isolation', 'transaction_isolation')`;
      const level = await prisma.$transaction(
        async (tx) => {
          await create(tx, 'a');
          return tx.$queryRaw`SELECT trx_isolation_level AS level FROM information_schema.innodb_trx WHERE trx_mysql_thread_id = CONNECTION_ID()`.catch(
            () => 'no privilege',
          );
        },
        { isolationLevel },
      );
      return [variable, level];
    }),
  ),
  after('a batch commits', (prisma) =>
    prisma.$transaction([
      prisma.user.create({ data: { email: 'a' }, select: { id: true } }),
      prisma.user.updateMany({ data: { name: 'x' } }),
      prisma.$queryRaw`SELECT email FROM user`,
      prisma.$executeRaw`UPDATE user SET name = 'y'`,
      prisma.user.count(),
    ]),
  ),
  after('a batch with an isolation level', (prisma) =>
    prisma.$transaction([prisma.user.create({ data: { email: 'a' }, select: { id: true } })], {
      isolationLevel: 'Serializable',
    }),
  ),
  after('a batch that fails leaves nothing', (prisma) =>
    prisma.$transaction([
      prisma.user.create({ data: { email: 'a' } }),
      prisma.user.create({ data: { email: 'a' } }),
      prisma.user.create({ data: { email: 'b' } }),
    ]),
  ),
  after('a batch of raw statements that fails leaves nothing', (prisma) =>
    prisma.$transaction([
      prisma.$executeRaw`INSERT INTO user (email, updated_at) VALUES ('a', NOW())`,
      prisma.$executeRaw`INSERT INTO user (email, updated_at) VALUES ('a', NOW())`,
    ]),
  ),
  after('a nested transaction commits with its parent', (prisma) =>
    prisma.$transaction(async (tx) => {
      await create(tx, 'a');
      await nested(tx, (inner) => create(inner, 'b'));
      await create(tx, 'c');
    }),
  ),
  after('a nested transaction is undone alone', (prisma) =>
    prisma.$transaction(async (tx) => {
      await create(tx, 'a');
      await nested(tx, async (inner) => {
        await create(inner, 'b');
        await nested(inner, (innermost) => create(innermost, 'c'));
        throw new Error('no');
      }).catch(() => {});
      await create(tx, 'd');
    }),
  ),
  after('a nested transaction is undone with its parent', (prisma) =>
    prisma.$transaction(async (tx) => {
      await nested(tx, (inner) => create(inner, 'b'));
      throw new Error('no');
    }),
  ),
  after('a transaction that takes too long', (prisma) =>
    prisma
      .$transaction(
        async (tx) => {
          await create(tx, 'a');
          await new Promise((resolve) => setTimeout(resolve, 300));
          await create(tx, 'b');
        },
        { timeout: 100 },
      )
      .catch((error: { code?: string }) => error.code),
  ),
  {
    name: 'a nested write that fails in the middle leaves nothing',
    run: async (prisma) => {
      await seed(prisma);
      const failed = await prisma.user
        .update({
          where: { id: 1 },
          data: {
            name: 'changed',
            posts: {
              create: [
                { title: 'x', slug: 'new' },
                { title: 'x', slug: 'post-0' },
              ],
            },
          },
        })
        .catch((error: { code?: string }) => error.code);
      return [
        failed,
        await prisma.post.count(),
        await prisma.user.findUnique({ where: { id: 1 }, select: { name: true } }),
      ];
    },
  },
];

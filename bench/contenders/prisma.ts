import { resilience } from 'gone-away/prisma';
import { PrismaMySQL2 } from 'gone-away/prisma/adapter';
import { createPool } from 'mysql2/promise';
import { PrismaClient } from '../../prisma/generated/client.ts';
import { createPrismaMariaDb } from '../../test/support/prisma/prisma-mariadb.ts';
import { idOf, pageLength, pageOf } from '../data.ts';
import { type OpenContender, poolSize, type Recipes, type Target } from './contender.ts';

/** Five hundred callers wait longer for a transaction to begin than Prisma lets them. */
const patience = { maxWait: 60_000, timeout: 60_000 };

export const prismaRecipes: Recipes<'prisma'> = {
  'adapter-mariadb': async (target) => contenderOn(onMariaDb(target)),
  'adapter-mariadb-resilience': async (target) => contenderOn(extended(onMariaDb(target))),
  'prisma-mysql2': (target) => onMysql2(target, (client) => client),
  'prisma-mysql2-resilience': (target) => onMysql2(target, extended),
};

/** The extension adds what none of the statements here need. */
const extended = (client: PrismaClient): PrismaClient => client.$extends(resilience()) as never;

function onMariaDb(target: Target): PrismaClient {
  return new PrismaClient({
    adapter: createPrismaMariaDb(target, { connectionLimit: poolSize }),
    transactionOptions: patience,
  });
}

/** A pool that it is given is not its own, and stays when the client goes. */
async function onMysql2(target: Target, extend: (client: PrismaClient) => PrismaClient): Promise<OpenContender> {
  const pool = createPool({ ...target, connectionLimit: poolSize });
  const client = new PrismaClient({ adapter: new PrismaMySQL2(pool), transactionOptions: patience });
  const { calls, close } = contenderOn(extend(client));
  return {
    calls,
    close: async () => {
      await close();
      await pool.end();
    },
  };
}

function contenderOn(client: PrismaClient): OpenContender {
  return {
    calls: {
      ping: () => client.$queryRaw`SELECT 1`,
      // Not findUnique: of those, Prisma makes one statement for all that come in one turn of the event loop.
      point: (call) => client.item.findFirst({ where: { id: idOf(call) } }),
      rows: (call) => client.item.findMany({ where: { id: { gte: pageOf(call), lt: pageOf(call) + pageLength } } }),
      // Not create, which reads back what it has written.
      insert: (call) => client.operation.createMany({ data: [{ opId: call, to: idOf(call), amount: 1 }] }),
      transaction: (call) =>
        client.$transaction(async (tx) => {
          const id = idOf(call);
          await tx.account.findFirst({ where: { id } });
          await tx.account.updateMany({ where: { id }, data: { balance: { increment: 1 } } });
          await tx.operation.createMany({ data: [{ opId: call, to: id, amount: 1 }] });
        }),
    },
    close: () => client.$disconnect(),
  };
}

import { setTimeout as delay } from 'node:timers/promises';
import { PrismaMariaDb } from '@prisma/adapter-mariadb';
import { createPool } from 'mysql2/promise';
import { PrismaMySQL2 } from '../../../adapters/prisma/adapter/index.ts';
import { resilience } from '../../../adapters/prisma/index.ts';
import { PrismaClient } from '../../../prisma/generated/client.ts';
import type { ResilienceOptions, TransactionDefaults } from '../../../src/index.ts';
import { retryPolicy } from '../../../src/index.ts';
import {
  CallbackError,
  type Client,
  type ClientKind,
  expectRows,
  hugePadding,
  padding,
  type Work,
  whileUnderWay,
} from './client.ts';

export const openPrismaMySQL2: ClientKind['open'] = (connection, policy) => {
  const pool = createPool({ ...connection, connectionLimit: 1 });
  return createClient(new PrismaMySQL2(pool, { policy }), policy, () => pool.end());
};

/** The extension on Prisma's own adapter, which brings no evidence. */
export const openPrismaMariaDb: ClientKind['open'] = (connection, policy) => {
  const { host = '', port = 0, user = '', password = '', database = '', connectTimeout = 0 } = connection;
  const { attemptTimeout } = policy;
  const limits = {
    connectionLimit: 1,
    acquireTimeout: connectTimeout * 2,
    connectTimeout,
    allowPublicKeyRetrieval: true,
    // Nobody but that driver can give up a connection of its pool, or what Prisma waits for in a transaction.
    ...(attemptTimeout !== undefined && { socketTimeout: attemptTimeout }),
  };
  const adapter = new PrismaMariaDb({ host, port, user, password: String(password), database, ...limits });
  return createClient(adapter, policy, async () => {});
};

const up = { balance: { increment: 1 } };

function createClient(
  adapter: PrismaMySQL2 | PrismaMariaDb,
  policy: ResilienceOptions,
  end: () => Promise<unknown>,
): Client {
  const transactionOptions = { maxWait: 60_000, timeout: 60_000 };
  const prisma = new PrismaClient({ adapter, transactionOptions }).$extends(resilience(retryPolicy(policy)));
  type Sender = Pick<typeof prisma, 'account' | 'operation'>;
  const insert = (sender: Sender, opId: number) => sender.operation.createMany({ data: [{ opId }] });
  const update = (sender: Sender, id: number) => sender.account.updateMany({ where: { id }, data: up });
  const select = (sender: Sender, id: number) => sender.account.findMany({ where: { id }, select: { id: true } });
  const inTransaction =
    (options: TransactionDefaults): Work =>
    ({ id, callback }) =>
      prisma.$transaction(async (tx) => {
        callback();
        await insert(tx, id);
        await update(tx, id);
        await select(tx, id);
        await insert(tx, id);
        await update(tx, id);
      }, options);
  const atOnce =
    (options: TransactionDefaults): Work =>
    ({ id, callback }) =>
      prisma.$transaction(async (tx) => {
        callback();
        await Promise.all([insert(tx, id), update(tx, id)]);
      }, options);
  const forgetful =
    (options: TransactionDefaults): Work =>
    ({ id, callback, forget }) =>
      prisma.$transaction(async (tx) => {
        callback();
        await insert(tx, id);
        forget(update(tx, id));
        select(tx, id).then(undefined, () => {});
      }, options);
  const throwing: Work = ({ id, callback, forget }) =>
    prisma.$transaction(async (tx) => {
      callback();
      forget(update(tx, id));
      await delay(whileUnderWay);
      throw new CallbackError('mine');
    });
  return {
    warm: () => prisma.$queryRaw`SELECT 1`,
    end: async () => {
      await prisma.$disconnect();
      await end();
    },
    work: {
      'safe read': async ({ id }) => expectRows(await select(prisma, id), [{ id }]),
      'locking read': async ({ id }) =>
        expectRows(await prisma.$queryRaw`SELECT id FROM accounts WHERE id = ${id} FOR UPDATE`, [{ id }]),
      insert: ({ id }) => insert(prisma, id),
      update: ({ id }) => update(prisma, id),
      create: ({ id }) => prisma.operation.create({ data: { opId: id } }),
      execute: ({ id }) => prisma.$executeRaw`INSERT INTO operations (op_id) VALUES (${id})`,
      'big insert': ({ id }) =>
        prisma.$executeRawUnsafe(`INSERT /* ${padding} */ INTO operations (op_id) VALUES (${id})`),
      'huge insert': ({ id }) =>
        prisma.$executeRawUnsafe(`INSERT /* ${hugePadding} */ INTO operations (op_id) VALUES (${id})`),
      transaction: inTransaction({}),
      'transaction with rerun': inTransaction({ rerun: true }),
      'two at once': atOnce({}),
      'two at once with rerun': atOnce({ rerun: true }),
      'forgotten write': forgetful({}),
      'forgotten write with rerun': forgetful({ rerun: true }),
      'thrown beside a write': throwing,
      batch: ({ id }) => prisma.$transaction([insert(prisma, id), update(prisma, id)]),
      connect: ({ id }) => insert(prisma, id),
    },
  };
}

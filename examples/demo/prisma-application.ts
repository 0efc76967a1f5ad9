import { setTimeout as delay } from 'node:timers/promises';
import type { PrismaClient } from '../../prisma/generated/client.ts';
import { itemValue, type Operation, thinkTime } from './plan.ts';

/** Runs one operation: plain Prisma, the same code for every client that has it. */
export async function performWithPrisma(prisma: PrismaClient, operation: Operation): Promise<void> {
  switch (operation.kind) {
    case 'read': {
      const row = await prisma.item.findUnique({ where: { id: operation.item } });
      if (row?.value !== itemValue(operation.item)) throw new Error('read a wrong row');
      return;
    }
    case 'insert':
      await prisma.operation.create({ data: { opId: operation.index } });
      return;
    case 'locking-read':
      await prisma.$queryRaw`SELECT * FROM accounts WHERE id = ${operation.account} FOR UPDATE`;
      return;
    case 'transfer': {
      const { index, from, to, amount } = operation;
      await prisma.$transaction(async (tx) => {
        await tx.$queryRaw`SELECT * FROM accounts WHERE id IN (${from}, ${to}) ORDER BY id FOR UPDATE`;
        await delay(thinkTime);
        await tx.account.update({ where: { id: from }, data: { balance: { decrement: amount } } });
        await tx.account.update({ where: { id: to }, data: { balance: { increment: amount } } });
        await tx.operation.create({ data: { opId: index, from, to, amount } });
      });
      return;
    }
    default:
      operation satisfies never;
  }
}

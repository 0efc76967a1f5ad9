import { PrismaMySQL2 } from '../../../../adapters/prisma/adapter/index.ts';
import { type ResilienceMethods, resilience } from '../../../../adapters/prisma/index.ts';
import { type Prisma, PrismaClient } from '../../../../prisma/generated/client.ts';

/** The recipe of `adapters/prisma/README.md` for functions which take a client, with the address as a parameter. */
export function openClient(url: string): PrismaClient & ResilienceMethods {
  const prisma = new PrismaClient({ adapter: new PrismaMySQL2(url) }).$extends(resilience());
  return prisma as unknown as PrismaClient & ResilienceMethods;
}

export async function countUsers(db: PrismaClient): Promise<number> {
  return await db.user.count();
}

export async function rename(db: Prisma.TransactionClient, id: number, name: string): Promise<void> {
  await db.user.update({ where: { id }, data: { name } });
}

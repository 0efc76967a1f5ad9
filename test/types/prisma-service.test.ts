import { describe, expectTypeOf, it } from 'vitest';
import { type ResilienceMethods, resilience } from '../../adapters/prisma/index.ts';
import { type Prisma, PrismaClient } from '../../prisma/generated/client.ts';
import { countUsers, type openClient, rename } from '../support/prisma/recipes/given-client.ts';
import type { PrismaService } from '../support/prisma/recipes/prisma-service.ts';
import { ScriptedAdapter } from '../support/prisma/scripted-adapter.ts';

const bare = new PrismaClient({ adapter: new ScriptedAdapter() });
const extended = bare.$extends(resilience());
const prisma = extended as unknown as ReturnType<typeof openClient>;

describe('an extended client under the type of the class', () => {
  it('goes where a PrismaClient or a Prisma.TransactionClient is expected', () => {
    expectTypeOf(prisma).toExtend<PrismaClient>();
    expectTypeOf(prisma).toExtend<Prisma.TransactionClient>();
    expectTypeOf(prisma).toExtend<ResilienceMethods>();
    expectTypeOf(() => countUsers(prisma)).returns.resolves.toEqualTypeOf<number>();
  });

  it('is what Prisma does not allow for a client that was extended, were it by nothing', () => {
    expectTypeOf(extended).not.toExtend<PrismaClient>();
    expectTypeOf(bare.$extends({})).not.toExtend<PrismaClient>();
    expectTypeOf(bare.$extends({})).not.toExtend<Prisma.TransactionClient>();
  });

  it('is what a function can do without that is typed after the extended client', () => {
    type Tx = Omit<typeof extended, '$connect' | '$disconnect' | '$extends'>;
    const count = (db: typeof extended) => db.user.count();
    const renameAll = (tx: Tx, name: string) => tx.user.updateMany({ data: { name } });
    const both = async () => {
      await extended.$transaction((tx) => renameAll(tx, 'a'), { rerun: true });
      await renameAll(extended, 'b');
      return count(extended);
    };
    expectTypeOf(both).returns.resolves.toEqualTypeOf<number>();
  });

  it('gives functions the tx of its transactions, with and without options of ours', () => {
    const plain = () => prisma.$transaction((tx) => rename(tx, 1, 'a'), { isolationLevel: 'Serializable' });
    expectTypeOf(plain).returns.resolves.toEqualTypeOf<void>();
    const again = () => prisma.$transaction((tx) => rename(tx, 1, 'a'), { rerun: true });
    expectTypeOf(again).returns.resolves.toEqualTypeOf<void>();
    const counted = () =>
      prisma.$transaction(
        async (tx, { attempt }) => {
          await rename(tx, 1, 'a');
          return attempt;
        },
        { rerun: true },
      );
    expectTypeOf(counted).returns.resolves.toEqualTypeOf<number>();
    const batch = () => prisma.$transaction([prisma.user.count()], { exactlyOnce: true });
    expectTypeOf(batch).returns.resolves.toEqualTypeOf<[number]>();
    // @ts-expect-error there is no such thing
    const wrong = () => prisma.$transaction(async () => 1, { retry: 'always' });
    expectTypeOf(wrong).toBeFunction();
  });

  it('has $resilience(), which gives back the same type', () => {
    expectTypeOf(() => prisma.$resilience({ idempotent: true })).returns.toEqualTypeOf<typeof prisma>();
    // @ts-expect-error it belongs to the pool
    const wrong = () => prisma.$resilience({ liveness: {} });
    expectTypeOf(wrong).toBeFunction();
  });
});

describe('a class that extends PrismaClient, as NestJS has it', () => {
  it('is a PrismaClient, with what this package adds and with its own methods', () => {
    expectTypeOf<PrismaService>().toExtend<PrismaClient>();
    expectTypeOf<PrismaService>().toExtend<Prisma.TransactionClient>();
    expectTypeOf<PrismaService>().toExtend<ResilienceMethods>();
    expectTypeOf<PrismaService['greet']>().returns.toEqualTypeOf<string>();
    const patient = (service: PrismaService) => service.$resilience({ maxRetryTime: 1 });
    expectTypeOf(patient).returns.toEqualTypeOf<PrismaService>();
    const rerun = (service: PrismaService) => service.$transaction((tx) => rename(tx, 1, 'a'), { rerun: true });
    expectTypeOf(rerun).returns.resolves.toEqualTypeOf<void>();
  });
});

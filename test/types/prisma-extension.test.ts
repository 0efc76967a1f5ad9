import { describe, expectTypeOf, it } from 'vitest';
import { type ResilienceMethods, resilience } from '../../adapters/prisma/index.ts';
import { Prisma, PrismaClient } from '../../prisma/generated/client.ts';
import type { CallOptions } from '../../src/index.ts';
import { ScriptedAdapter } from '../support/prisma/scripted-adapter.ts';

const bare = new PrismaClient({ adapter: new ScriptedAdapter() });
const prisma = bare.$extends(resilience());
const rich = bare
  .$extends({
    result: {
      user: { greeting: { needs: { name: true }, compute: ({ name }) => `Hello, ${name}` } },
    },
    model: { user: { findByEmail: (email: string) => email.length } },
    client: { $shout: (text: string) => text.toUpperCase() },
  })
  .$extends(resilience({ retries: 3 }));

/** Held against the types of the generated client: nothing of it is lost, and one method is added. */
describe('the types of an extended client', () => {
  it('keep the models', () => {
    expectTypeOf(prisma.user.findMany).returns.resolves.toEqualTypeOf<Awaited<ReturnType<typeof bare.user.findMany>>>();
    const one = () =>
      prisma.user.findUniqueOrThrow({ where: { id: 1 }, select: { email: true, posts: { select: { id: true } } } });
    expectTypeOf(one).returns.resolves.toEqualTypeOf<{ email: string; posts: { id: bigint }[] }>();
    expectTypeOf(() => prisma.post.findFirst().author()).returns.resolves.toMatchTypeOf<{ email: string } | null>();
    expectTypeOf(() => prisma.user.count()).returns.resolves.toEqualTypeOf<number>();
    expectTypeOf(prisma.user.updateMany).returns.resolves.toEqualTypeOf<Prisma.BatchPayload>();
    // @ts-expect-error there is no such column
    const wrong = () => prisma.user.findMany({ where: { nope: 1 } });
    expectTypeOf(wrong).toBeFunction();
    expectTypeOf(prisma).not.toHaveProperty('nope');
  });

  it('keep what other extensions add, to results, models and the client', () => {
    expectTypeOf(() => rich.user.findFirstOrThrow())
      .returns.resolves.toHaveProperty('greeting')
      .toEqualTypeOf<string>();
    expectTypeOf(rich.user.findByEmail).toEqualTypeOf<(email: string) => number>();
    expectTypeOf(rich.$shout).toEqualTypeOf<(text: string) => string>();
    const later = prisma.$extends({ model: { $allModels: { all: () => 'all' as const } } });
    expectTypeOf(later.tag.all).returns.toEqualTypeOf<'all'>();
    expectTypeOf(later.$resilience).toBeFunction();
  });

  it('keep the raw queries', () => {
    expectTypeOf(() => prisma.$queryRaw<{ id: number }[]>`SELECT 1`).returns.resolves.toEqualTypeOf<{ id: number }[]>();
    expectTypeOf(() => prisma.$queryRaw(Prisma.sql`SELECT 1`)).returns.resolves.toEqualTypeOf<unknown>();
    expectTypeOf(() => prisma.$queryRawUnsafe<number[]>('SELECT ?', 1)).returns.resolves.toEqualTypeOf<number[]>();
    expectTypeOf(() => prisma.$executeRaw`SELECT 1`).returns.resolves.toEqualTypeOf<number>();
    expectTypeOf(() => prisma.$executeRawUnsafe('SELECT 1')).returns.resolves.toEqualTypeOf<number>();
    expectTypeOf(prisma.$queryRawTyped).toEqualTypeOf(bare.$extends({}).$queryRawTyped);
  });

  it('keep both forms of $transaction', () => {
    const batch = () =>
      prisma.$transaction([prisma.user.count(), prisma.tag.findFirstOrThrow({ select: { label: true } })]);
    expectTypeOf(batch).returns.resolves.toEqualTypeOf<[number, { label: string }]>();
    const interactive = () =>
      prisma.$transaction(
        async (tx) => {
          expectTypeOf(tx.user.count).toEqualTypeOf(prisma.user.count);
          expectTypeOf(tx).not.toHaveProperty('$extends');
          expectTypeOf(tx).not.toHaveProperty('$connect');
          expectTypeOf(tx).toHaveProperty('$transaction');
          return 'done' as const;
        },
        { isolationLevel: 'Serializable', maxWait: 1, timeout: 2 },
      );
    expectTypeOf(interactive).returns.resolves.toEqualTypeOf<'done'>();
    const shouting = () => rich.$transaction(async (tx) => tx.$shout('x'));
    expectTypeOf(shouting).returns.resolves.toEqualTypeOf<string>();
    const rerun = () =>
      prisma.$transaction(
        async (tx, { attempt }) => {
          expectTypeOf(attempt).toEqualTypeOf<number>();
          expectTypeOf(tx.user.count).toEqualTypeOf(prisma.user.count);
          expectTypeOf(tx).not.toHaveProperty('$extends');
          return tx.user.findFirst({ select: { name: true } });
        },
        { rerun: true, isolationLevel: 'Serializable', timeout: 2 },
      );
    expectTypeOf(rerun).returns.resolves.toEqualTypeOf<{ name: string | null } | null>();
    const richly = () => rich.$transaction(async (tx) => tx.$shout('x'), { rerun: true });
    expectTypeOf(richly).returns.resolves.toEqualTypeOf<string>();
    const once = () => prisma.$transaction(async (tx) => tx.user.count(), { exactlyOnce: true });
    expectTypeOf(once).returns.resolves.toEqualTypeOf<number>();
    const keyed = () => prisma.$transaction(async () => 'done' as const, { idempotencyKey: 'order-42' });
    expectTypeOf(keyed).returns.resolves.toEqualTypeOf<'done'>();
    const batchOnce = () => prisma.$transaction([prisma.user.count()], { exactlyOnce: true });
    expectTypeOf(batchOnce).returns.resolves.toEqualTypeOf<[number]>();
    // @ts-expect-error there is no such thing
    const wrongRetry = () => prisma.$transaction(async () => 1, { retry: 'always' });
    expectTypeOf(wrongRetry).toBeFunction();
    // @ts-expect-error there is no such level
    const wrong = () => prisma.$transaction(async () => 1, { isolationLevel: 'Chaos' });
    expectTypeOf(wrong).toBeFunction();
  });

  it('let people name the type of a transaction’s client, as they do with other extensions', () => {
    type ByParameters = Parameters<Parameters<typeof prisma.$transaction>[0]>[0];
    type ByInference = Parameters<(typeof prisma)['$transaction']>[0] extends (tx: infer T) => unknown ? T : never;
    type ByMethod = typeof prisma extends { $transaction(work: (tx: infer T) => unknown): unknown } ? T : never;
    type OfRich = Parameters<Parameters<typeof rich.$transaction>[0]>[0];
    expectTypeOf<ByParameters['user']['count']>().toEqualTypeOf<typeof prisma.user.count>();
    expectTypeOf<ByInference>().toEqualTypeOf<ByParameters>();
    expectTypeOf<ByMethod>().toEqualTypeOf<ByParameters>();
    expectTypeOf<OfRich['$shout']>().toEqualTypeOf<(text: string) => string>();
    expectTypeOf<ByParameters>().not.toHaveProperty('$extends');
    const run = <T>(work: (tx: ByParameters) => Promise<T>): Promise<T> => prisma.$transaction(work);
    const runRichly = <T>(work: (tx: OfRich) => Promise<T>): Promise<T> => rich.$transaction(work, { rerun: true });
    expectTypeOf(run).toBeFunction();
    expectTypeOf(runRichly).toBeFunction();
    const either = (db: typeof prisma | ByParameters) => db.user.count();
    expectTypeOf(() => either(prisma)).returns.resolves.toEqualTypeOf<number>();
    expectTypeOf(() => prisma.$transaction(either)).returns.resolves.toEqualTypeOf<number>();
    const named = () => prisma.$transaction<number>(async (tx) => tx.user.count(), { rerun: true });
    expectTypeOf(named).returns.resolves.toEqualTypeOf<number>();
  });

  it('have $resilience(), which gives back the same type', () => {
    expectTypeOf<typeof prisma>().toExtend<ResilienceMethods>();
    expectTypeOf(() => prisma.$resilience({ idempotent: true })).returns.toEqualTypeOf<typeof prisma>();
    expectTypeOf(() => rich.$resilience({ retries: 1 })).returns.toEqualTypeOf<typeof rich>();
    expectTypeOf(prisma.$resilience).parameter(0).toEqualTypeOf<CallOptions>();
    // @ts-expect-error it belongs to the pool
    const wrong = () => prisma.$resilience({ budget: false });
    expectTypeOf(wrong).toBeFunction();
  });

  it('ask for a client', () => {
    // @ts-expect-error a URL is none
    const wrong = () => resilience()('mysql://localhost/app');
    expectTypeOf(wrong).toBeFunction();
    // @ts-expect-error a policy has no such option
    const unknown = () => resilience({ retires: 1 });
    expectTypeOf(unknown).toBeFunction();
  });
});

import { makeTypedQueryFactory } from '@prisma/client/runtime/client';
import { Prisma } from '../../../prisma/generated/client.ts';
import type { ExtendedClient } from './extended-client.ts';

const ann = { email: 'ann' };

/** Every way to read, with what makes Prisma write unusual SQL. */
export const reads: readonly { readonly name: string; run(prisma: ExtendedClient): PromiseLike<unknown> }[] = [
  { name: 'findUnique', run: (prisma) => prisma.user.findUnique({ where: ann }) },
  {
    name: 'findUniqueOrThrow',
    run: (prisma) => prisma.user.findUniqueOrThrow({ where: ann, include: { profile: true } }),
  },
  { name: 'findFirst', run: (prisma) => prisma.user.findFirst({ where: { posts: { some: { published: false } } } }) },
  {
    name: 'findFirstOrThrow',
    run: (prisma) => prisma.post.findFirstOrThrow({ where: { tags: { every: { label: 'red' } } } }),
  },
  {
    name: 'findMany, three levels deep',
    run: (prisma) =>
      prisma.user.findMany({ include: { posts: { include: { comments: true, tags: true } }, memberships: true } }),
  },
  {
    name: 'findMany, with everything',
    run: (prisma) =>
      prisma.post.findMany({
        where: {
          OR: [
            { title: { contains: 'n' } },
            { NOT: { slug: { startsWith: 'x' } } },
            { author: { balance: { gte: 1 } } },
          ],
          comments: { none: { text: { endsWith: 'zzz' } } },
        },
        orderBy: [{ author: { email: 'asc' } }, { comments: { _count: 'desc' } }],
        cursor: { id: 1n },
        skip: 0,
        take: 5,
        distinct: ['title'],
        select: { title: true, _count: { select: { comments: true, tags: true } } },
      }),
  },
  { name: 'findMany, full text', run: (prisma) => prisma.post.findMany({ where: { title: { search: 'One' } } }) },
  {
    name: 'findMany, ordered by relevance',
    run: (prisma) => prisma.post.findMany({ orderBy: { id: 'desc' }, take: -1 }),
  },
  {
    name: 'findMany, of every type',
    run: (prisma) => prisma.allTypes.findMany({ where: { json: { path: '$.a', equals: 1 } } }),
  },
  {
    name: 'findMany, by types',
    run: (prisma) =>
      prisma.allTypes.findMany({
        where: {
          dateTime: { lt: new Date() },
          decimal: { gt: 1 },
          bigInt: { in: [1n, 2n] },
          colour: 'RED',
          blob: { not: null },
        },
      }),
  },
  { name: 'count', run: (prisma) => prisma.user.count({ where: { name: { not: null } } }) },
  { name: 'count of fields', run: (prisma) => prisma.user.count({ select: { _all: true, name: true }, take: 3 }) },
  {
    name: 'aggregate',
    run: (prisma) =>
      prisma.user.aggregate({ _avg: { balance: true }, _sum: { balance: true }, _max: { createdAt: true } }),
  },
  {
    name: 'groupBy',
    run: (prisma) =>
      prisma.comment.groupBy({
        by: ['postId'],
        _count: { _all: true },
        having: { number: { _max: { gt: 1 } } },
        orderBy: { postId: 'asc' },
      }),
  },
  { name: 'the fluent API', run: (prisma) => prisma.user.findUnique({ where: ann }).posts({ where: { slug: 'one' } }) },
  { name: '$queryRaw', run: (prisma) => prisma.$queryRaw`SELECT email FROM user WHERE balance > ${1} ORDER BY email` },
  {
    name: '$queryRaw with Prisma.sql',
    run: (prisma) =>
      prisma.$queryRaw(Prisma.sql`SELECT ${Prisma.join([1, 2])} FROM ${Prisma.raw('`user`')} ${Prisma.empty}`),
  },
  { name: '$queryRawUnsafe', run: (prisma) => prisma.$queryRawUnsafe('SELECT email FROM user WHERE balance > ?', 1) },
  { name: 'TypedSQL', run: (prisma) => prisma.$queryRawTyped(typed('SELECT email FROM user WHERE balance > ?')(1)) },
  { name: 'a batch of reads', run: (prisma) => prisma.$transaction([prisma.user.findMany(), prisma.user.count()]) },
];

const typed = makeTypedQueryFactory as unknown as (sql: string) => (...values: unknown[]) => never;

import { Prisma as PrismaNamespace } from '../../../prisma/generated/client.ts';
import type { Operation } from './operation.ts';
import type { Prisma } from './two-adapters.ts';

const createdAt = new Date('2024-02-29T12:00:00.123Z');
const times = { createdAt, updatedAt: createdAt };

/** Three people with posts, comments, tags and teams; every id is known. */
export async function seed(prisma: Prisma): Promise<void> {
  await prisma.team.create({ data: { id: 'all', children: { create: [{ id: 'red' }, { id: 'blue' }] } } });
  for (const [index, name] of ['ann', 'bob', 'cy'].entries()) {
    await prisma.user.create({
      data: {
        ...times,
        email: `${name}@example.com`,
        name,
        balance: 100 * (index + 1),
        profile: index === 2 ? {} : { create: { bio: `I am ${name}` } },
        memberships: { create: [{ teamId: index === 0 ? 'red' : 'blue', role: index === 0 ? 'lead' : 'member' }] },
        posts: {
          create: Array.from({ length: 3 - index }, (_, n) => ({
            title: `${name} writes ${n}`,
            slug: `post-${n}`,
            published: n === 0,
            tags: {
              connectOrCreate: [{ where: { label: `tag-${n}` }, create: { id: `${n}`, label: `tag-${n}` } }],
            },
            comments: { create: [{ number: 1, text: 'first', userId: 1 }] },
          })),
        },
      },
    });
  }
}

const everything = {
  profile: true,
  memberships: { include: { team: { include: { parent: true } } } },
  posts: { include: { tags: true, comments: { include: { author: true } } }, orderBy: { id: 'asc' } },
} as const;

const seeded = (name: string, run: Operation['run']): Operation => ({
  name,
  run: async (prisma, sql) => {
    await seed(prisma);
    const result = await run(prisma, sql);
    return [result, await prisma.user.findMany({ include: everything, orderBy: { id: 'asc' } })];
  },
});

export const modelOperations: readonly Operation[] = [
  seeded('nested creates and includes', async () => {}),
  seeded('relations by query', (prisma) =>
    prisma.user.findMany({ relationLoadStrategy: 'query', include: everything, orderBy: { id: 'desc' } }),
  ),
  seeded('relations by join', (prisma) =>
    prisma.user.findMany({ relationLoadStrategy: 'join', include: everything, orderBy: { id: 'desc' } }),
  ),
  seeded('filters on relations', (prisma) =>
    prisma.user.findMany({
      where: {
        posts: { some: { tags: { some: { label: { startsWith: 'tag-1' } } } }, none: { title: { contains: 'xx' } } },
        profile: { is: { bio: { not: null } } },
        OR: [{ memberships: { every: { team: { parentId: 'all' } } } }, { email: { endsWith: 'nowhere' } }],
      },
      select: { email: true, _count: { select: { posts: true, comments: true } } },
      orderBy: [{ posts: { _count: 'desc' } }, { email: 'asc' }],
    }),
  ),
  seeded('cursors, distinct and pages', async (prisma) => [
    await prisma.post.findMany({ cursor: { id: 3n }, take: 2, orderBy: { id: 'asc' } }),
    await prisma.post.findMany({ cursor: { authorId_slug: { authorId: 2, slug: 'post-0' } }, take: -2, skip: 1 }),
    await prisma.post.findMany({ distinct: ['slug'], select: { slug: true }, orderBy: { slug: 'desc' } }),
    await prisma.comment.findMany({ where: { OR: [{ postId: 1n, number: 1 }, { postId: 2n }] } }),
    await prisma.user.findFirst({ where: { createdAt: { lte: createdAt } }, orderBy: { balance: 'desc' } }),
    await prisma.user.findFirst({ where: { name: { in: [] } } }),
    await prisma.user.findUnique({ where: { email: 'ANN@EXAMPLE.COM' } }),
    await prisma.comment.findUnique({ where: { postId_number: { postId: 1n, number: 1 } } }),
    await Promise.all([1, 2, 3, 4].map((id) => prisma.user.findUnique({ where: { id }, select: { name: true } }))),
  ]),
  seeded('aggregates', async (prisma) => [
    await prisma.user.aggregate({ _sum: { balance: true }, _avg: { balance: true }, _max: { createdAt: true } }),
    await prisma.post.groupBy({
      by: ['authorId'],
      _count: { _all: true },
      having: { authorId: { gt: 1 } },
      orderBy: { authorId: 'asc' },
    }),
    await prisma.user.count({ select: { _all: true, name: true } }),
  ]),
  seeded(
    'full text search',
    (prisma) => prisma.$queryRaw`SELECT id FROM post WHERE MATCH (title) AGAINST (${'ann'}) ORDER BY id`,
  ),
  seeded('update, updateMany', async (prisma) => [
    await prisma.user.update({ where: { id: 1 }, data: { ...times, balance: { increment: 5 }, name: null } }),
    await prisma.user.update({ where: { email: 'bob@example.com' }, data: { ...times, id: 20 } }),
    await prisma.user.updateMany({ where: { balance: { gt: 100 } }, data: { ...times, balance: { decrement: 1 } } }),
    await prisma.user.updateMany({ where: { id: 99 }, data: { name: 'x' } }),
    await prisma.user.updateMany({ data: { ...times, name: 'same' } }),
    await prisma.user.updateMany({ data: { ...times, name: 'same' } }),
  ]),
  seeded('nested updates', (prisma) =>
    prisma.user.update({
      where: { id: 1 },
      include: everything,
      data: {
        ...times,
        profile: { upsert: { create: { bio: 'new' }, update: { bio: 'changed' } } },
        memberships: {
          create: { teamId: 'blue' },
          update: { where: { userId_teamId: { userId: 1, teamId: 'red' } }, data: { role: 'x' } },
        },
        posts: {
          update: {
            where: { id: 1n },
            data: { title: 'changed', tags: { set: [{ id: '1' }], create: { id: '9', label: 'tag-9' } } },
          },
          updateMany: { where: { published: false }, data: { published: true } },
          delete: { id: 2n },
          create: { title: 'created', slug: 'created', comments: { create: { number: 7, text: 'seventh' } } },
          connect: { id: 6n },
        },
      },
    }),
  ),
  seeded('upsert, of what is there and what is not', async (prisma) => [
    await prisma.user.upsert({
      where: { email: 'ann@example.com' },
      update: { ...times, name: 'u' },
      create: { ...times, email: 'x' },
    }),
    await prisma.user.upsert({ where: { email: 'new' }, update: { name: 'u' }, create: { ...times, email: 'new' } }),
    await prisma.membership.upsert({
      where: { userId_teamId: { userId: 3, teamId: 'red' } },
      update: {},
      create: { userId: 3, teamId: 'red', role: 'r' },
    }),
  ]),
  seeded('createMany', async (prisma) => [
    await prisma.user.createMany({
      data: [
        { ...times, email: 'm1' },
        { ...times, email: 'm2', name: 'n' },
      ],
    }),
    await prisma.user.createMany({
      data: [
        { ...times, email: 'm1' },
        { ...times, email: 'm3' },
      ],
      skipDuplicates: true,
    }),
    await prisma.comment.createMany({
      data: Array.from({ length: 500 }, (_, n) => ({ postId: 1n, number: n + 10, text: 'x' })),
    }),
    await prisma.comment.deleteMany({ where: { number: { gte: 10 } } }),
  ]),
  seeded('more parameters than a statement may have', async (prisma) => {
    const ids = Array.from({ length: 70_000 }, (_, n) => n + 2);
    return prisma.user.findMany({ where: { id: { in: ids } }, select: { id: true }, orderBy: { id: 'asc' } });
  }),
  seeded('delete, deleteMany', async (prisma) => [
    await prisma.post.delete({ where: { authorId_slug: { authorId: 1, slug: 'post-0' } } }),
    await prisma.post.deleteMany({ where: { authorId: 3 } }),
    await prisma.user.delete({ where: { id: 3 } }),
    await prisma.tag.deleteMany({ where: { label: 'nothing' } }),
  ]),
  {
    name: 'JSON in filters',
    run: async (prisma) => {
      const values = [
        { a: [1, 'x'], b: { c: 'text' }, n: 2 ** 60 },
        [1, 2],
        'text',
        PrismaNamespace.JsonNull,
        PrismaNamespace.DbNull,
      ];
      for (const json of values) await prisma.allTypes.create({ data: { json } });
      const ids = async (json: PrismaNamespace.JsonNullableFilter) =>
        (await prisma.allTypes.findMany({ where: { json }, select: { id: true }, orderBy: { id: 'asc' } })).map(
          ({ id }) => id,
        );
      return [
        await ids({ equals: [1, 2] }),
        await ids({ equals: { b: { c: 'text' }, a: [1, 'x'], n: 2 ** 60 } }),
        await ids({ equals: PrismaNamespace.DbNull }),
        await ids({ equals: PrismaNamespace.JsonNull }),
        await ids({ not: PrismaNamespace.AnyNull }),
        await ids({ path: '$.b.c', string_contains: 'ex' }),
        await ids({ path: '$.a', array_contains: [1] }),
        await ids({ path: '$.a[0]', gte: 1 }),
        await prisma.allTypes.findMany({ select: { json: true }, orderBy: { id: 'asc' } }),
        await prisma.$queryRaw`SELECT json, JSON_TYPE(json) AS type FROM all_types ORDER BY id`,
      ];
    },
  },
];

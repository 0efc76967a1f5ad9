import { seed } from './model-operations.ts';
import type { Operation } from './operation.ts';
import type { Prisma } from './two-adapters.ts';

const seeded = (name: string, run: (prisma: Prisma) => Promise<unknown>): Operation => ({
  name,
  run: async (prisma) => {
    await seed(prisma);
    return run(prisma);
  },
});

export const errorOperations: readonly Operation[] = [
  seeded('a unique field', (prisma) => prisma.user.create({ data: { email: 'ann@example.com' } })),
  seeded('a unique field, whose value has quotes', async (prisma) => {
    await prisma.user.create({ data: { email: "a' for key 'b" } });
    return prisma.user.create({ data: { email: "a' for key 'b" } });
  }),
  seeded('unique fields together', (prisma) =>
    prisma.post.create({ data: { title: 't', slug: 'post-0', authorId: 1 } }),
  ),
  seeded('a primary key', (prisma) => prisma.user.create({ data: { id: 1, email: 'x' } })),
  seeded('a composite primary key', (prisma) => prisma.comment.create({ data: { postId: 1n, number: 1, text: 'x' } })),
  seeded('a unique field of a nested write', (prisma) =>
    prisma.user.update({ where: { id: 3 }, data: { posts: { create: { title: 't', slug: 'post-0' } } } }),
  ),
  seeded('createMany with a duplicate', (prisma) => prisma.tag.createMany({ data: [{ label: 'a' }, { label: 'a' }] })),
  seeded('a foreign key without its row', (prisma) =>
    prisma.post.create({ data: { title: 't', slug: 's', authorId: 99 } }),
  ),
  seeded('a row that others refer to', (prisma) => prisma.user.delete({ where: { id: 1 } })),
  seeded('a row that others refer to, in a raw query', (prisma) => prisma.$executeRaw`DELETE FROM user`),
  seeded('NULL where none may be', (prisma) => prisma.$executeRaw`UPDATE user SET email = NULL WHERE id = 1`),
  seeded('NULL where none may be, from a model', (prisma) =>
    prisma.user.create({ data: { email: null as unknown as string } }).catch((error: Error) => error.name),
  ),
  seeded('a column without a default', (prisma) => prisma.$executeRaw`INSERT INTO user (name) VALUES ('x')`),
  seeded('a text that is too long', (prisma) => prisma.user.create({ data: { email: 'x', name: 'x'.repeat(21) } })),
  seeded('a number that is too large', (prisma) => prisma.allTypes.create({ data: { tinyInt: 128 } })),
  seeded('a decimal that is too large', (prisma) => prisma.allTypes.create({ data: { money: '10000000000' } })),
  seeded('a year that is none', (prisma) => prisma.allTypes.create({ data: { year: 1800 } })),
  seeded('a record that is not there: update', (prisma) =>
    prisma.user.update({ where: { id: 99 }, data: { name: 'x' } }),
  ),
  seeded('a record that is not there: delete', (prisma) => prisma.user.delete({ where: { id: 99 } })),
  seeded('a record that is not there: connect', (prisma) =>
    prisma.user.update({ where: { id: 1 }, data: { posts: { connect: { id: 99n } } } }),
  ),
  seeded('findUniqueOrThrow', (prisma) => prisma.user.findUniqueOrThrow({ where: { id: 99 } })),
  seeded('findFirstOrThrow', (prisma) => prisma.user.findFirstOrThrow({ where: { name: 'nobody' } })),
  seeded('a table that is not there', async (prisma) => {
    await prisma.$executeRaw`RENAME TABLE profile TO profile_elsewhere`;
    try {
      return await prisma.profile.findMany();
    } finally {
      await prisma.$executeRaw`RENAME TABLE profile_elsewhere TO profile`;
    }
  }),
  seeded('a column that is not there', async (prisma) => {
    await prisma.$executeRaw`ALTER TABLE profile CHANGE bio biography TEXT`;
    try {
      return await prisma.profile.findMany();
    } finally {
      await prisma.$executeRaw`ALTER TABLE profile CHANGE biography bio TEXT`;
    }
  }),
  seeded('raw: a table that is not there', (prisma) => prisma.$queryRaw`SELECT * FROM nowhere`),
  seeded('raw: a column that is not there', (prisma) => prisma.$queryRaw`SELECT nothing FROM user`),
  seeded('raw: syntax', (prisma) => prisma.$queryRaw`SELEC 1`),
  seeded('raw: two statements', (prisma) => prisma.$executeRawUnsafe('SELECT 1; SELECT 2')),
  seeded('raw: too many parameters', (prisma) => prisma.$queryRawUnsafe('SELECT ?', 1, 2)),
  seeded(
    'raw: a duplicate',
    (prisma) => prisma.$executeRaw`INSERT INTO user (email, updated_at) VALUES ('ann@example.com', NOW())`,
  ),
  seeded('full text search without an index', (prisma) =>
    prisma.user
      .findMany({ where: { id: { in: [] } } })
      .then(() => prisma.$queryRaw`SELECT id FROM user WHERE MATCH (name) AGAINST ('x')`),
  ),
  seeded('raw: a list as a parameter', (prisma) => prisma.$queryRawUnsafe('SELECT 1 WHERE 1 IN (?)', [1, 2])),
  seeded('a unique violation in a transaction', (prisma) =>
    prisma.$transaction(async (tx) => {
      await tx.user.create({ data: { email: 'ann@example.com' } });
    }),
  ),
  seeded('a unique violation in a batch', (prisma) =>
    prisma.$transaction([prisma.user.count(), prisma.user.create({ data: { email: 'ann@example.com' } })]),
  ),
];

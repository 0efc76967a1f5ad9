import type { ExtendedClient } from './extended-client.ts';

export interface NestedWrite {
  readonly name: string;
  run(prisma: ExtendedClient): Promise<unknown>;
}

const ann = { email: 'ann' };
const post = (id: number) => ({ id: BigInt(id) });
const counted = { balance: { increment: 1 } };

/** Every kind of write that Prisma makes several statements of. Where it can be, applying it twice would show. */
export const nestedWrites: readonly NestedWrite[] = [
  {
    name: 'create, with one created',
    run: (prisma) => prisma.user.create({ data: { email: 'cid', profile: { create: { bio: 'new' } } } }),
  },
  {
    name: 'create, with many created',
    run: (prisma) =>
      prisma.user.create({
        data: { email: 'cid', posts: { create: [draft('a'), draft('b')] } },
        include: { posts: true },
      }),
  },
  {
    name: 'create, with createMany',
    run: (prisma) =>
      prisma.user.create({ data: { email: 'cid', posts: { createMany: { data: [draft('a'), draft('b')] } } } }),
  },
  {
    name: 'create, with connect',
    run: (prisma) => prisma.tag.create({ data: { label: 'new', posts: { connect: [post(1), post(2)] } } }),
  },
  {
    name: 'create, with connectOrCreate of what is there',
    run: (prisma) =>
      prisma.post.create({
        data: { ...draft('c'), author: { connectOrCreate: { where: ann, create: { email: 'ann' } } } },
      }),
  },
  {
    name: 'create, with connectOrCreate of what is not there',
    run: (prisma) =>
      prisma.post.create({
        data: { ...draft('c'), author: { connectOrCreate: { where: { email: 'cid' }, create: { email: 'cid' } } } },
      }),
  },
  {
    name: 'create, three levels deep',
    run: (prisma) =>
      prisma.user.create({
        data: {
          email: 'cid',
          posts: {
            create: {
              ...draft('a'),
              comments: { create: { number: 1, text: 'x' } },
              tags: { create: { label: 'new' } },
            },
          },
        },
        include: { posts: { include: { comments: true, tags: true } } },
      }),
  },
  {
    name: 'create, of both sides of a many-to-many relation with a model',
    run: (prisma) =>
      prisma.user.create({ data: { email: 'cid', memberships: { create: { team: { create: { id: 'new' } } } } } }),
  },
  {
    name: 'update, with one created',
    run: (prisma) => prisma.user.update({ where: ann, data: { ...counted, posts: { create: draft('c') } } }),
  },
  {
    name: 'update, with createMany',
    run: (prisma) =>
      prisma.post.update({
        where: post(2),
        data: {
          title: 'Changed',
          comments: { createMany: { data: [1, 2, 3].map((number) => ({ number, text: 'x' })) } },
        },
      }),
  },
  {
    name: 'update, with update',
    run: (prisma) =>
      prisma.post.update({ where: post(1), data: { published: true, author: { update: { data: counted } } } }),
  },
  {
    name: 'update, with updateMany',
    run: (prisma) =>
      prisma.user.update({
        where: ann,
        data: { ...counted, posts: { updateMany: { where: {}, data: { published: true } } } },
      }),
  },
  {
    name: 'update, with upsert of what is there',
    run: (prisma) =>
      prisma.user.update({
        where: ann,
        data: { ...counted, profile: { upsert: { create: { bio: 'new' }, update: { bio: 'changed' } } } },
      }),
  },
  {
    name: 'update, with upsert of what is not there',
    run: (prisma) =>
      prisma.user.update({
        where: { email: 'bob' },
        data: { ...counted, profile: { upsert: { create: { bio: 'new' }, update: { bio: 'changed' } } } },
      }),
  },
  {
    name: 'update, with delete',
    run: (prisma) => prisma.user.update({ where: ann, data: { ...counted, profile: { delete: true } } }),
  },
  {
    name: 'update, with deleteMany',
    run: (prisma) => prisma.post.update({ where: post(1), data: { title: 'Changed', comments: { deleteMany: {} } } }),
  },
  {
    name: 'update, with connect',
    run: (prisma) => prisma.post.update({ where: post(1), data: { tags: { connect: { label: 'blue' } } } }),
  },
  {
    name: 'update, with disconnect from many',
    run: (prisma) => prisma.post.update({ where: post(1), data: { tags: { disconnect: { label: 'red' } } } }),
  },
  {
    name: 'update, with disconnect from one',
    run: (prisma) =>
      prisma.comment.update({
        where: { postId_number: { postId: 1n, number: 1 } },
        data: { text: 'changed', author: { disconnect: true } },
      }),
  },
  {
    name: 'update, with set',
    run: (prisma) =>
      prisma.post.update({ where: post(1), data: { title: 'Changed', tags: { set: [{ label: 'blue' }] } } }),
  },
  {
    name: 'upsert of what is there, with update',
    run: (prisma) =>
      prisma.user.upsert({
        where: ann,
        create: { email: 'ann' },
        update: { ...counted, profile: { update: { bio: 'changed' } } },
      }),
  },
  {
    name: 'upsert of what is not there, with create',
    run: (prisma) =>
      prisma.user.upsert({
        where: { email: 'cid' },
        create: { email: 'cid', posts: { create: draft('a') } },
        update: counted,
      }),
  },
  {
    name: 'delete, with what depends on it',
    run: (prisma) => prisma.post.delete({ where: post(1), include: { comments: true } }),
  },
];

function draft(slug: string) {
  return { title: slug.toUpperCase(), slug };
}

import { and, asc, count, desc, eq, gt, like, sql, sum } from 'drizzle-orm';
import { except, intersect, union, unionAll } from 'drizzle-orm/mysql-core';
import { authors, type Operation, posts, users } from './schema.ts';

export const reads: readonly Operation[] = [
  ['select all, with every type of column', async (db) => db.select().from(users).orderBy(users.id)],
  [
    'select columns and expressions',
    async (db) => db.select({ name: users.name, twice: sql<number>`${users.balance} * 2` }).from(users),
  ],
  [
    'select with conditions, order, limit and offset',
    async (db) =>
      db
        .select()
        .from(users)
        .where(and(gt(users.id, 0), like(users.name, '%o%')))
        .orderBy(desc(users.id))
        .limit(1)
        .offset(1),
  ],
  ['select distinct', async (db) => db.selectDistinct({ role: users.role }).from(users).orderBy(users.role)],
  [
    'aggregate, group and filter groups',
    async (db) =>
      db
        .select({ role: users.role, n: count(), total: sum(users.balance) })
        .from(users)
        .groupBy(users.role)
        .having(({ n }) => gt(n, 0))
        .orderBy(users.role),
  ],
  [
    'inner join',
    async (db) => db.select().from(posts).innerJoin(users, eq(users.id, posts.authorId)).orderBy(posts.id),
  ],
  [
    'left join with rows that have no partner',
    async (db) => db.select().from(users).leftJoin(posts, eq(users.id, posts.authorId)).orderBy(users.id, posts.id),
  ],
  [
    'subquery',
    async (db) => {
      const busy = db
        .select({ authorId: posts.authorId, n: count().as('n') })
        .from(posts)
        .groupBy(posts.authorId)
        .as('busy');
      return db.select().from(busy).where(gt(busy.n, 1));
    },
  ],
  [
    '$with and with',
    async (db) => {
      const members = db.$with('members').as(db.select().from(users).where(eq(users.role, 'member')));
      return db.with(members).select().from(members).orderBy(members.id);
    },
  ],
  ['$count', async (db) => [await db.$count(users), await db.$count(users, eq(users.active, true))]],
  [
    '$count as a column',
    async (db) =>
      db
        .select({ n: db.$count(posts, eq(posts.authorId, users.id)) })
        .from(users)
        .orderBy(users.id),
  ],
  ['view', async (db) => db.select().from(authors).orderBy(authors.id)],
  [
    'union',
    async (db) =>
      union(db.select({ id: users.id }).from(users), db.select({ id: posts.id }).from(posts)).orderBy(asc(sql`id`)),
  ],
  [
    'union all, chained',
    async (db) =>
      db
        .select({ id: users.id })
        .from(users)
        .unionAll(db.select({ id: posts.id }).from(posts))
        .orderBy(asc(sql`id`)),
  ],
  [
    'unionAll with limit',
    async (db) =>
      unionAll(db.select({ id: users.id }).from(users), db.select({ id: posts.id }).from(posts))
        .orderBy(asc(sql`id`))
        .limit(2),
  ],
  [
    'intersect',
    async (db) =>
      intersect(db.select({ id: users.id }).from(users), db.select({ id: posts.authorId }).from(posts)).orderBy(
        asc(sql`id`),
      ),
  ],
  [
    'except',
    async (db) => except(db.select({ id: users.id }).from(users), db.select({ id: posts.authorId }).from(posts)),
  ],
  ['locking select', async (db) => db.select({ id: users.id }).from(users).where(eq(users.id, 1)).for('update')],
  ['findMany with relations', async (db) => db.query.users.findMany({ with: { posts: true }, orderBy: asc(users.id) })],
  [
    'findFirst with columns, extras and a part of a relation',
    async (db) =>
      db.query.users.findFirst({
        columns: { name: true },
        extras: { loud: sql<string>`upper(name)`.as('loud') },
        with: { posts: { columns: { title: true } } },
      }),
  ],
  ['findFirst of nothing', async (db) => db.query.users.findFirst({ where: eq(users.id, 999) })],
  [
    'a prepared select with placeholders, twice',
    async (db) => {
      const prepared = db
        .select()
        .from(users)
        .where(eq(users.id, sql.placeholder('id')))
        .prepare();
      return [await prepared.execute({ id: 1 }), await prepared.execute({ id: 3 })];
    },
  ],
  [
    'a prepared relational query',
    async (db) => {
      const prepared = db.query.users
        .findMany({ where: eq(users.name, sql.placeholder('name')), with: { posts: true } })
        .prepare();
      return prepared.execute({ name: 'Ada' });
    },
  ],
  ['iterate over objects', async (db) => collect(db.select().from(users).orderBy(users.id).prepare().iterator())],
  [
    'iterate over a join',
    async (db) =>
      collect(
        db.select().from(posts).innerJoin(users, eq(users.id, posts.authorId)).orderBy(posts.id).prepare().iterator(),
      ),
  ],
  [
    'iterate with placeholders',
    async (db) =>
      collect(
        db
          .select({ id: users.id })
          .from(users)
          .where(gt(users.id, sql.placeholder('least')))
          .orderBy(users.id)
          .prepare()
          .iterator({ least: 1 }),
      ),
  ],
];

export async function collect(rows: AsyncIterable<unknown>): Promise<readonly unknown[]> {
  const collected: unknown[] = [];
  for await (const row of rows) collected.push(row);
  return collected;
}

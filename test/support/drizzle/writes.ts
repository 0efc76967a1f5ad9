import { desc, eq, inArray, sql } from 'drizzle-orm';
import { collect } from './reads.ts';
import { type Operation, posts, tags, users } from './schema.ts';

export const writes: readonly Operation[] = [
  [
    'insert one',
    async (db) =>
      db.insert(users).values({
        name: 'Dora',
        settings: { theme: 'light' },
        big: 12345678901234567890n / 10n,
        bornAt: new Date('2001-02-03T04:05:06Z'),
      }),
  ],
  [
    'insert many',
    async (db) =>
      db.insert(posts).values([
        { authorId: 2, title: 'a' },
        { authorId: 2, title: 'b' },
      ]),
  ],
  [
    'insert and $returningId',
    async (db) =>
      db
        .insert(posts)
        .values([
          { authorId: 2, title: 'a' },
          { authorId: 2, title: 'b' },
        ])
        .$returningId(),
  ],
  ['insert and $returningId of a generated key', async (db) => db.insert(tags).values({}).$returningId()],
  ['insert ignore', async (db) => db.insert(users).ignore().values({ id: 1, name: 'Nobody' })],
  [
    'insert or update',
    async (db) =>
      db
        .insert(users)
        .values({ id: 1, name: 'Ada L.' })
        .onDuplicateKeyUpdate({ set: { name: sql`values(${users.name})` } }),
  ],
  [
    'insert from select',
    async (db) =>
      db
        .insert(posts)
        .select(db.select({ id: sql<number>`null`.as('id'), authorId: users.id, title: users.name }).from(users)),
  ],
  [
    'update',
    async (db) =>
      db
        .update(users)
        .set({ active: false, balance: sql`${users.balance} + 1` })
        .where(inArray(users.id, [1, 3])),
  ],
  [
    'update with order and limit',
    async (db) => db.update(users).set({ name: 'last' }).orderBy(desc(users.id)).limit(1),
  ],
  ['delete', async (db) => db.delete(posts).where(eq(posts.authorId, 1))],
  [
    'execute sql',
    async (db) =>
      (await db.execute(sql`select ${1} + ${2} as three, ${users.name} from ${users} where ${users.id} = ${1}`))[0],
  ],
  ['execute a string', async (db) => (await db.execute("select 'x' as x"))[0]],
  ['execute DDL', async (db) => (await db.execute(sql`create table if not exists op_tags (id int)`))[0]],
  [
    'a prepared insert',
    async (db) => {
      const prepared = db
        .insert(posts)
        .values({ authorId: sql.placeholder('author'), title: 'p' })
        .prepare();
      return [await prepared.execute({ author: 1 }), await prepared.execute({ author: 2 })];
    },
  ],
  [
    'a transaction that commits',
    async (db) =>
      db.transaction(async (tx) => {
        await tx.insert(posts).values({ authorId: 1, title: 'in tx' });
        return tx.query.users.findFirst({ with: { posts: true } });
      }),
  ],
  [
    'a transaction with characteristics',
    async (db) =>
      db.transaction((tx) => tx.select().from(posts), { isolationLevel: 'read committed', accessMode: 'read only' }),
  ],
  [
    'a transaction that rolls back',
    async (db) =>
      errorOf(
        db.transaction(async (tx) => {
          await tx.insert(posts).values({ authorId: 1, title: 'never' });
          tx.rollback();
        }),
      ),
  ],
  [
    'a nested transaction that rolls back',
    async (db) =>
      db.transaction(async (tx) => {
        await tx.insert(posts).values({ authorId: 1, title: 'kept' });
        const inner = await errorOf(
          tx.transaction(async (nested) => {
            await nested.insert(posts).values({ authorId: 1, title: 'undone' });
            nested.rollback();
          }),
        );
        return [inner, await tx.select().from(posts)];
      }),
  ],
  [
    'an iterator in a transaction',
    async (db) => db.transaction((tx) => collect(tx.select().from(posts).orderBy(posts.id).prepare().iterator())),
  ],
  ['an error of the server', async (db) => errorOf(db.insert(users).values({ id: 1, name: 'again' }))],
  ['an error of a query that does not parse', async (db) => errorOf(db.execute(sql`selec 1`))],
];

/** Everything of an error that a caller may look at, and nothing of where it was thrown. */
async function errorOf(work: PromiseLike<unknown>): Promise<unknown> {
  try {
    return { succeeded: await work };
  } catch (error) {
    if (!(error instanceof Error)) return error;
    const { name, message, cause } = error;
    return {
      class: error.constructor.name,
      name,
      message,
      own: { ...error, cause: undefined },
      cause: { ...(cause as object) },
    };
  }
}

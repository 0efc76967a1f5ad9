import { eq, inArray, sql } from 'drizzle-orm';
import type { MySql2Database } from 'drizzle-orm/mysql2';
import type { Pool } from 'mysql2/promise';
import type { Resilient } from '../../../../adapters/drizzle/index.ts';
import { accounts, items, operations } from '../../../support/drizzle/accounts.ts';
import { allTheMoney, itemCount, itemValue } from '../tables.ts';
import type { Work } from '../work.ts';
import { callOptions, expectAnswer, keyOf, transferOptions, WrongAnswer } from './client.ts';
import { type PlainWork, perform } from './perform.ts';
import type { Lone } from './session.ts';
import type { Sender as UnrulySender } from './unruly.ts';

type Database = Pick<MySql2Database, 'select' | 'insert' | 'update'> & {
  readonly transaction: Resilient<MySql2Database>['transaction'];
};
type Sender = Pick<MySql2Database, 'select' | 'insert' | 'update'>;

type ResilientDatabase = Resilient<MySql2Database & { readonly $client: Pool }>;

export interface DrizzleDatabases {
  readonly db: ResilientDatabase;
  readonly slowlyMade: ResilientDatabase;
  readonly uncommitted: ResilientDatabase;
  readonly database: string;
}

/** Runs one call with Drizzle and gone-away. */
export async function performWithDrizzle(
  { db, slowlyMade, uncommitted, database }: DrizzleDatabases,
  work: Work,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const options = callOptions(work.kind, signal);
  const ofCall = (whole: ResilientDatabase) => (Object.keys(options).length === 0 ? whole : whole.$resilience(options));
  const own = ofCall(db);
  const hold = () => own.$client.getConnection();
  return perform(
    {
      plain: (plainWork) => performOn(own, plainWork),
      transact: (callback, how) => own.transaction((tx) => callback(senderOn(tx)), how),
      sessions: {
        ...loneOn(own),
        database,
        hold,
        slowlyMade: loneOn(ofCall(slowlyMade)),
        uncommitted: loneOn(ofCall(uncommitted)),
      },
    },
    work,
    signal,
  );
}

function senderOn(tx: Sender & Pick<MySql2Database, 'execute'>): UnrulySender {
  return {
    // Drizzle sends nothing before somebody waits for it.
    insert: async (id, amount) => await tx.insert(operations).values({ opId: id, amount }),
    read: async (item) => (await tx.select().from(items).where(eq(items.id, item)))[0]?.value,
    lock: async (account) => await tx.select().from(accounts).where(eq(accounts.id, account)).for('update'),
    send: async (text) => await tx.execute(sql.raw(text)),
  };
}

function loneOn(db: ResilientDatabase): Lone {
  return {
    send: async (text) => await db.execute(sql.raw(text)),
    read: async (text) => {
      const [rows] = await db.execute(sql.raw(text));
      return (rows as unknown as readonly { value: unknown }[])[0]?.value;
    },
  };
}

/** Runs one call of those that need nothing but Drizzle. */
export async function performWithBareDrizzle(db: MySql2Database, work: Work): Promise<unknown> {
  // It takes no notice of options that it does not know.
  return performOn(db as unknown as Database, work as PlainWork);
}

async function performOn(db: Database, work: PlainWork): Promise<unknown> {
  switch (work.kind) {
    case 'read': {
      const [item] = await db.select().from(items).where(eq(items.id, work.item));
      return expectAnswer(`item ${work.item}`, item?.value, itemValue(work.item));
    }
    case 'sum': {
      const [row] = await db.select({ sum: sql`SUM(${accounts.balance})` }).from(accounts);
      return expectAnswer('all the money', Number(row?.sum), allTheMoney);
    }
    case 'iterate':
      return iterate(db);
    case 'locking-read':
      return db.select().from(accounts).where(eq(accounts.id, work.from)).for('update');
    case 'insert':
    case 'exact-insert':
      return db.insert(operations).values({ opId: work.id });
    case 'transfer':
    case 'transfer-rerun':
    case 'transfer-exact':
      return db.transaction((tx) => transfer(tx, work), transferOptions(work.kind));
    case 'keyed':
      return db.transaction(
        async (tx) => {
          await tx.insert(operations).values({ opId: work.id, amount: work.draw });
          return work.draw;
        },
        { idempotencyKey: keyOf(work) },
      );
    case 'batch':
      throw new Error('Drizzle has no batches on mysql2');
    default:
      return work.kind satisfies never;
  }
}

async function transfer(tx: Sender, { id, from, to, amount }: Work): Promise<void> {
  await tx
    .select()
    .from(accounts)
    .where(inArray(accounts.id, [from, to]))
    .for('update');
  await tx.insert(operations).values({ opId: id, from, to, amount });
  await tx
    .update(accounts)
    .set({ balance: sql`${accounts.balance} - ${amount}` })
    .where(eq(accounts.id, from));
  await tx
    .update(accounts)
    .set({ balance: sql`${accounts.balance} + ${amount}` })
    .where(eq(accounts.id, to));
}

/** Every row once and in order, as far as they come; the end only after the last one. */
async function iterate(db: Database): Promise<void> {
  let last = 0;
  for await (const { id, value } of db.select().from(items).orderBy(items.id).prepare().iterator()) {
    if (id !== last + 1 || value !== itemValue(id)) throw new WrongAnswer(`item ${id} came after item ${last}`);
    last = id;
  }
  expectAnswer('the last item', last, itemCount);
}

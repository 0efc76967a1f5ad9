import { randomUUID } from 'node:crypto';
import { between, eq, sql } from 'drizzle-orm';
import { int, mysqlTable } from 'drizzle-orm/mysql-core';
import { drizzle } from 'drizzle-orm/mysql2';
import { createLedger, withResilience } from 'gone-away/drizzle';
import { createPool, type Pool } from 'mysql2/promise';
import { idOf, pageLength, pageOf } from '../data.ts';
import { checkedPool, ping } from './checked-pool.ts';
import { type Call, type OpenContender, poolSize, type Recipes, type Target } from './contender.ts';

const items = mysqlTable('items', { id: int('id').primaryKey(), value: int('value').notNull() });
const accounts = mysqlTable('accounts', { id: int('id').primaryKey(), balance: int('balance').notNull() });
const operations = mysqlTable('operations', {
  id: int('id').primaryKey().autoincrement(),
  opId: int('op_id').notNull(),
  to: int('to_account'),
  amount: int('amount'),
});

const onPool = (pool: Pool) => drizzle({ client: pool });
type Database = ReturnType<typeof onPool>;
type Work = (tx: Parameters<Parameters<Database['transaction']>[0]>[0]) => Promise<void>;

const open = (target: Target) => createPool({ ...target, connectionLimit: poolSize });
const openWrapped = (target: Target) => withResilience(onPool(open(target)));

export const drizzleRecipes: Recipes<'drizzle'> = {
  bare: async (target) => contenderOn(onPool(open(target))),
  ping: async (target) => contenderOn(onPool(checkedPool(open(target), ping))),
  'gone-away': async (target) => contenderOn(openWrapped(target)),
  rerun: (target) => withTransactions(target, (db, work) => db.transaction(work, { rerun: true })),
  'exactly-once': (target) => withTransactions(target, (db, work) => db.transaction(work, { exactlyOnce: true })),
  'idempotency-key': async (target) => {
    // A key of an earlier run would be answered from the ledger.
    const run = randomUUID();
    let keys = 0;
    return await withTransactions(target, (db, work) => {
      keys += 1;
      return db.transaction(work, { idempotencyKey: `${run} ${keys}` });
    });
  },
};

function contenderOn(db: Database): OpenContender {
  return {
    calls: {
      ping: () => db.execute(sql`SELECT 1`),
      point: (call) =>
        db
          .select()
          .from(items)
          .where(eq(items.id, idOf(call))),
      rows: (call) =>
        db
          .select()
          .from(items)
          .where(between(items.id, pageOf(call), pageOf(call) + pageLength - 1)),
      insert: (call) => db.insert(operations).values({ opId: call, to: idOf(call), amount: 1 }),
      transaction: (call) => db.transaction(transfer(call)),
    },
    close: () => db.$client.end(),
  };
}

async function withTransactions(
  target: Target,
  transact: (db: ReturnType<typeof openWrapped>, work: Work) => ReturnType<Call>,
): Promise<OpenContender> {
  const db = openWrapped(target);
  await createLedger(db);
  return { calls: { transaction: (call) => transact(db, transfer(call)) }, close: () => db.$client.end() };
}

function transfer(call: number): Work {
  return async (tx) => {
    const id = idOf(call);
    const own = eq(accounts.id, id);
    await tx.select().from(accounts).where(own);
    await tx
      .update(accounts)
      .set({ balance: sql`${accounts.balance} + 1` })
      .where(own);
    await tx.insert(operations).values({ opId: call, to: id, amount: 1 });
  };
}

import { setTimeout as delay } from 'node:timers/promises';
import { asc, eq, inArray, sql } from 'drizzle-orm';
import type { MySql2Database } from 'drizzle-orm/mysql2';
import type { Operation } from './plan.ts';
import { itemValue, type Tables } from './tables.ts';

export type Database = MySql2Database<Record<string, never>>;

/** What the application does between two statements of a transaction, in milliseconds. */
const thinkTime = 5;

/** Runs one operation: plain Drizzle, the same code for every client. */
export async function perform(db: Database, tables: Tables, operation: Operation): Promise<void> {
  const { items, accounts, operations } = tables;
  switch (operation.kind) {
    case 'read': {
      const rows = await db.select().from(items).where(eq(items.id, operation.item));
      if (rows.length !== 1 || rows[0]?.value !== itemValue(operation.item)) throw new Error('read a wrong row');
      return;
    }
    case 'insert':
      await db.insert(operations).values({ opId: operation.index });
      return;
    case 'locking-read':
      // Outside a transaction its locks go at once; it stands for everything that looks like a read and is not safe to repeat.
      await db.select().from(accounts).where(eq(accounts.id, operation.account)).for('update');
      return;
    case 'transfer': {
      const { index, from, to, amount } = operation;
      await db.transaction(async (tx) => {
        // In the order of the key, so that transfers wait for each other and never deadlock.
        const both = inArray(accounts.id, [from, to]);
        await tx.select().from(accounts).where(both).orderBy(asc(accounts.id)).for('update');
        await delay(thinkTime);
        await tx
          .update(accounts)
          .set({ balance: sql`${accounts.balance} - ${amount}` })
          .where(eq(accounts.id, from));
        await tx
          .update(accounts)
          .set({ balance: sql`${accounts.balance} + ${amount}` })
          .where(eq(accounts.id, to));
        await tx.insert(operations).values({ opId: index, from, to, amount });
      });
      return;
    }
    default:
      operation satisfies never;
  }
}

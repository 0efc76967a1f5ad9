import { setTimeout as delay } from 'node:timers/promises';
import { asc, eq, inArray, sql } from 'drizzle-orm';
import type { MySql2Database } from 'drizzle-orm/mysql2';
import { accounts, items, operations } from '../../test/support/drizzle/accounts.ts';
import { itemValue, type Operation, thinkTime } from './plan.ts';

export type Database = MySql2Database<Record<string, never>>;

/** Runs one operation: plain Drizzle, the same code for every client that has it. */
export async function performWithDrizzle(db: Database, operation: Operation): Promise<void> {
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
      await db.select().from(accounts).where(eq(accounts.id, operation.account)).for('update');
      return;
    case 'transfer': {
      const { index, from, to, amount } = operation;
      await db.transaction(async (tx) => {
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

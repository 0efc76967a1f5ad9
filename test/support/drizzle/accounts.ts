import { int, mysqlTable } from 'drizzle-orm/mysql-core';

/** The tables of the demo and of chaos; their SQL is in `prisma/tables.ts`. */
export const items = mysqlTable('items', { id: int('id').primaryKey(), value: int('value').notNull() });
export const accounts = mysqlTable('accounts', { id: int('id').primaryKey(), balance: int('balance').notNull() });
export const operations = mysqlTable('operations', {
  id: int('id').primaryKey().autoincrement(),
  opId: int('op_id').notNull(),
  from: int('from_account'),
  to: int('to_account'),
  amount: int('amount'),
});

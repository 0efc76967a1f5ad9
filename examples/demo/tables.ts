import { int, mysqlTable } from 'drizzle-orm/mysql-core';
import type { Server } from '../../test/support/server.ts';
import { accountCount, itemCount } from './plan.ts';

export const openingBalance = 10_000;

export type Tables = ReturnType<typeof tablesFor>;

/** Each client writes to tables of its own, so that one client's stuck locks are not another one's errors. */
export function tablesFor(client: string) {
  return {
    items: mysqlTable('items', { id: int('id').primaryKey(), value: int('value').notNull() }),
    accounts: mysqlTable(`accounts_${client}`, { id: int('id').primaryKey(), balance: int('balance').notNull() }),
    // `op_id` is made by the client and is deliberately not unique: a write that is applied twice leaves two rows.
    operations: mysqlTable(`operations_${client}`, {
      id: int('id').primaryKey().autoincrement(),
      opId: int('op_id').notNull(),
      from: int('from_account'),
      to: int('to_account'),
      amount: int('amount'),
    }),
  };
}

/** What an item's value is, so that a read can be checked. */
export function itemValue(id: number): number {
  return id * 7;
}

export async function createTables(server: Server, clients: readonly string[]): Promise<void> {
  const numbered = (count: number, value: (id: number) => number) =>
    Array.from({ length: count }, (_, index) => `(${index + 1}, ${value(index + 1)})`).join(', ');
  await server.admin('CREATE TABLE items (id INT PRIMARY KEY, value INT NOT NULL) ENGINE=InnoDB');
  await server.admin(`INSERT INTO items VALUES ${numbered(itemCount, itemValue)}`);
  for (const client of clients) {
    await server.admin(`CREATE TABLE accounts_${client} (id INT PRIMARY KEY, balance INT NOT NULL) ENGINE=InnoDB`);
    await server.admin(`INSERT INTO accounts_${client} VALUES ${numbered(accountCount, () => openingBalance)}`);
    await server.admin(
      `CREATE TABLE operations_${client} (id INT PRIMARY KEY AUTO_INCREMENT, op_id INT NOT NULL,
       from_account INT, to_account INT, amount INT, KEY (op_id)) ENGINE=InnoDB`,
    );
  }
}

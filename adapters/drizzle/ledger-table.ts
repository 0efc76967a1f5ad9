import { datetime, index, type MySqlTable, mediumtext, mysqlTable, varbinary, varchar } from 'drizzle-orm/mysql-core';
import { defaultLedgerTable } from '../mysql2/binding.ts';

/**
 * The ledger table of `exactlyOnce` and `idempotencyKey`, for your schema and its migrations: `export const ledger = ledgerTable();`.
 * It is not for queries.
 *
 * @param name default `gone_away_ledger`; another one goes into the policy as `ledgerTable` as well
 */
export function ledgerTable(name: string = defaultLedgerTable): MySqlTable {
  return mysqlTable(
    name,
    {
      token: varbinary('token', { length: 32 }).primaryKey(),
      state: varchar('state', { length: 10 }).notNull(),
      createdAt: datetime('created_at').notNull(),
      result: mediumtext('result'),
    },
    (table) => [index(`${name}_created_at_idx`).on(table.createdAt)],
  );
}

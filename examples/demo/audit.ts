import type { Server } from '../../test/support/server/server.ts';
import type { ClientKey } from './clients.ts';
import { accountCount } from './plan.ts';
import { databaseOf, openingBalance } from './tables.ts';

/** What is really in a client's tables when all is over. */
export interface Audit {
  /** How many rows each operation left; none for one that is not in it. */
  readonly rows: ReadonlyMap<number, number>;
  /** The sum of what accounts differ by from what the transfers in the table say; not 0 means that a transaction was applied in part. */
  readonly misplacedMoney: number;
  /** The sum of all accounts, less what was paid in; not 0 means that money appeared or vanished. */
  readonly createdMoney: number;
}

interface TransferRow {
  readonly opId: number;
  readonly from: number | null;
  readonly to: number | null;
  readonly amount: number | null;
}

/** Ends every connection of the clients, so that nothing is left to commit or to roll back. */
export async function disconnectClients(server: Server): Promise<void> {
  for (const id of await server.threads('app')) await server.killThread(id);
}

export async function audit(server: Server, client: ClientKey): Promise<Audit> {
  const operations = await server.admin<TransferRow[]>(
    `SELECT op_id AS opId, from_account AS \`from\`, to_account AS \`to\`, amount FROM ${databaseOf(client)}.operations`,
  );
  const accounts = await server.admin<{ id: number; balance: number }[]>(
    `SELECT id, balance FROM ${databaseOf(client)}.accounts`,
  );
  const rows = new Map<number, number>();
  const expected = new Map<number, number>();
  for (let id = 1; id <= accountCount; id += 1) expected.set(id, openingBalance);
  const pay = (account: number | null, amount: number) => {
    if (account !== null) expected.set(account, (expected.get(account) ?? 0) + amount);
  };
  for (const { opId, from, to, amount } of operations) {
    rows.set(opId, (rows.get(opId) ?? 0) + 1);
    pay(from, -(amount ?? 0));
    pay(to, amount ?? 0);
  }
  return {
    rows,
    misplacedMoney: accounts.reduce((sum, { id, balance }) => sum + Math.abs(balance - (expected.get(id) ?? 0)), 0),
    createdMoney: accounts.reduce((sum, { balance }) => sum + balance, 0) - accountCount * openingBalance,
  };
}

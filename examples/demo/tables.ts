import { demoTables } from '../../prisma/tables.ts';
import type { Server } from '../../test/support/server/server.ts';
import { accountCount, itemCount, itemValue } from './plan.ts';

export const openingBalance = 10_000;

/** Each client has a database of its own, so that one client's stuck locks are not another one's errors. */
export function databaseOf(client: string): string {
  return `demo_${client}`;
}

export async function createDatabases(server: Server, clients: readonly string[]): Promise<void> {
  const numbered = (count: number, value: (id: number) => number) =>
    Array.from({ length: count }, (_, index) => `(${index + 1}, ${value(index + 1)})`).join(', ');
  const users = await server.admin<{ host: string }[]>("SELECT host AS host FROM mysql.user WHERE user = 'app'");
  for (const client of clients) {
    const database = databaseOf(client);
    await server.admin(`CREATE DATABASE ${database}`);
    for (const { host } of users) await server.admin(`GRANT ALL ON ${database}.* TO app@'${host}'`);
    for (const sql of demoTables) await server.admin(sql.replace('CREATE TABLE ', `CREATE TABLE ${database}.`));
    await server.admin(`INSERT INTO ${database}.items VALUES ${numbered(itemCount, itemValue)}`);
    await server.admin(`INSERT INTO ${database}.accounts VALUES ${numbered(accountCount, () => openingBalance)}`);
  }
}

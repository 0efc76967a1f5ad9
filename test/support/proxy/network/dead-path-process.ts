import { setTimeout as delay } from 'node:timers/promises';
import { createPool, type Pool, type RowDataPacket } from 'mysql2/promise';
import { type Resilient, withResilience } from '../../../../adapters/mysql2/index.ts';
import { runCommand } from '../../command/run-command.ts';
import { launchLocalServer } from '../../server/local-server.ts';
import type { DeadPathReport, DeadPathSituation } from './dead-path.ts';

const slow = 'DO SLEEP(60)';
const watch = { after: 200, timeout: 1_000 } as const;

type Sender = Pick<Pool, 'query'>;

/** Who sends the statement under which the path dies. */
const senders: Readonly<Record<DeadPathSituation, (pool: Resilient<Pool>) => Promise<Sender>>> = {
  'user-changed': async (pool) => {
    const held = await pool.getConnection();
    await held.changeUser({ user: 'other', password: 'other', database: 'app' });
    return held;
  },
  'no-connection-left': async (pool) => pool,
};

const server = await launchLocalServer({ name: 'dead-path' });
for (const user of ['other', 'alone']) {
  await server.admin(`CREATE USER ${user}@'%' IDENTIFIED BY '${user}'`);
  await server.admin(`GRANT ALL ON app.* TO ${user}@'%'`);
}
await server.admin("ALTER USER alone@'%' WITH MAX_USER_CONNECTIONS 1");

async function report(situation: DeadPathSituation): Promise<DeadPathReport> {
  const user = situation === 'user-changed' ? 'app' : 'alone';
  const options = { ...server.connectionOptions(), user, password: user, connectionLimit: 1 };
  const sender = await senders[situation](withResilience(createPool(options), { watch }));
  const port = await portOf(sender);
  // Nothing that never ends is waited for.
  const ended = Promise.race([sender.query(slow).catch((error: unknown) => error), delay(40_000)]);
  const running = `SELECT id FROM information_schema.processlist WHERE info = '${slow}' AND host LIKE '%:${port}'`;
  while ((await server.admin<readonly unknown[]>(running)).length === 0) await delay(5);
  // The kernel of the server takes its time to acknowledge. What it has not, this one sends again, and does not probe meanwhile.
  while (await hasUnacknowledged(port)) await delay(5);
  for (const end of ['sport', 'dport']) await nft('add', 'rule', 'inet', 'dead', 'path', 'tcp', end, port, 'drop');
  return { situation, codes: codesOf(await ended) };
}

/** Bytes of the connection that comes from this port. */
async function hasUnacknowledged(port: string): Promise<boolean> {
  const [, sendQueue] = (await runCommand('ss', ['-Htn', 'state', 'established', 'sport', '=', `:${port}`])).split(
    /\s+/,
  );
  return sendQueue !== '0';
}

/** Of the connection that it sends on, as the server sees it. */
async function portOf(sender: Sender): Promise<string> {
  const [rows] = await sender.query<RowDataPacket[]>(
    "SELECT SUBSTRING_INDEX(host, ':', -1) AS port FROM information_schema.processlist WHERE id = CONNECTION_ID()",
  );
  return String(rows[0]?.port);
}

function codesOf(error: unknown): readonly string[] {
  const codes: string[] = [];
  for (let link = error; link instanceof Error; link = link.cause) {
    codes.push(String((link as { code?: unknown }).code));
  }
  return codes;
}

function nft(...args: readonly string[]): Promise<string> {
  return runCommand('nft', args);
}

await nft('add', 'table', 'inet', 'dead');
await nft('add', 'chain', 'inet', 'dead', 'path', '{ type filter hook input priority 0; }');
const reports = await Promise.all((['user-changed', 'no-connection-left'] as const).map(report));
await server.destroy();
process.stdout.write(`${JSON.stringify(reports)}\n`, () => process.exit());

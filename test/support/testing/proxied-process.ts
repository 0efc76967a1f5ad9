import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type Connection, createConnection } from 'mysql2/promise';
import { createFaultProxy } from '../../../adapters/testing/index.ts';

/** A process that never closes its proxy: `proxied-process.ts <url> <what is left of it when it has nothing else to do>`. */
const [url = '', what = ''] = process.argv.slice(2);
const faults = await createFaultProxy(url);

/** What it leaves open is the proxy's alone: a socket of a test, as long as it is open, keeps its process alive, as it should. */
const leave: Readonly<Record<string, () => Promise<void>>> = {
  nothing: async () => {},
  'a connection that was used': async () => {
    const connection = await createConnection(faults.url);
    await connection.query('SELECT 1');
    await connection.end();
  },
  'a slow way': async () => {
    const connection = await createConnection(faults.url);
    await faults.slow(60_000);
    connection.query('SELECT 1').catch(() => {});
    await delay(50);
    closeSocketOf(connection);
  },
  'a black hole': async () => {
    const connection = await createConnection(faults.url);
    await faults.blackHole();
    connection.query('SELECT 1').catch(() => {});
    await delay(50);
    closeSocketOf(connection);
  },
  'a refusal': async () => {
    await faults.refuse();
  },
  'a fault that is waited for': async () => {
    faults.loseNextAnswer();
    faults.cutAfterBytes(1_000_000);
  },
  // The server is at work for longer than anybody would wait for a process that has nothing to do.
  'a test under way': async () => {
    const connection = await createConnection(faults.url);
    await faults.slow(100);
    await connection.query('SELECT SLEEP(1)');
    await faults.heal();
    connection.destroy();
  },
};
/** Whatever mysql2 does, its socket waits for a FIN of the other side. */
function closeSocketOf(connection: Connection): void {
  (connection as unknown as { connection: { stream: Socket } }).connection.stream.destroy();
}

await leave[what]?.();
process.stdout.write('done\n');

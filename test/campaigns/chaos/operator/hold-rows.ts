import { setTimeout as delay } from 'node:timers/promises';
import type { Server } from '../../../support/server/server.ts';
import { repeatAsRoot } from './session-of-root.ts';

/** Milliseconds for which the rows are held, less than a statement of the clients may take; and those in which they are free. */
const held = 1_800;
const free = 200;

/** Holds the rows on which slow reads wait in these databases, most of the time. */
export function holdRows(server: Server, databases: readonly string[]): () => Promise<void> {
  return repeatAsRoot(server, async (root) => {
    await root.query('BEGIN');
    for (const database of databases) await root.query(`SELECT * FROM ${database}.held FOR UPDATE`);
    await delay(held);
    await root.query('COMMIT');
    await delay(free);
  });
}

import { setTimeout as delay } from 'node:timers/promises';
import { type Connection, type ConnectionOptions, createConnection, type RowDataPacket } from 'mysql2/promise';

/** What MariaDB and MySQL are started with in all tests, and what they have again when it is over. */
const maxConnections = 200;

/** Kills the connections of `app`: those that are idle now, or all of them. */
export async function killConnections(root: Connection, which: 'idle' | 'all'): Promise<void> {
  for (const { id } of await threads(root, which === 'idle' ? "command = 'Sleep'" : 'TRUE'))
    await kill(root, 'KILL', id);
}

/** Ends the statements of `app` that are being executed; their connections go on. */
export async function killStatements(root: Connection): Promise<void> {
  const running = "command IN ('Query', 'Execute')";
  for (const { id } of await threads(root, running)) await kill(root, 'KILL QUERY', id);
}

async function threads(root: Connection, condition: string): Promise<readonly { id: number }[]> {
  const [rows] = await root.query<(RowDataPacket & { id: number })[]>(
    `SELECT id AS id FROM information_schema.processlist WHERE user = 'app' AND ${condition}`,
  );
  return rows;
}

/** One that has gone by itself in the meantime is no error. */
export async function kill(root: Connection, verb: 'KILL' | 'KILL QUERY', id: number): Promise<void> {
  await root.query(`${verb} ${id}`).catch((error: unknown) => {
    if (!hasCode(error, 'ER_NO_SUCH_THREAD')) throw error;
  });
}

/**
 * Takes all places at the server for a while and kills the connections of `app`: they cannot come back until the places are free again.
 *
 * @param options of root
 */
export async function crowdOut(root: Connection, options: ConnectionOptions, ms: number): Promise<void> {
  const crowd = await takeAllPlaces(root, options);
  await delay(ms);
  await crowd.makeRoom();
  await crowd.leave();
}

/** Connections of root that hold all places of the server. */
export interface Crowd {
  /** The server takes as many as before. */
  makeRoom(): Promise<void>;
  /** The connections end. */
  leave(): Promise<void>;
}

/** See {@link crowdOut}. */
export async function takeAllPlaces(root: Connection, options: ConnectionOptions): Promise<Crowd> {
  const leastLimit = 10;
  const crowd = await Promise.all(Array.from({ length: leastLimit }, () => createConnection(options)));
  await root.query(`SET GLOBAL max_connections = ${leastLimit}`);
  await killConnections(root, 'all');
  return {
    makeRoom: async () => void (await root.query(`SET GLOBAL max_connections = ${maxConnections}`)),
    leave: async () => void (await Promise.all(crowd.map((connection) => connection.end()))),
  };
}

/** Lets the server take no writes of `app` for a while. */
export async function beReadOnly(root: Connection, ms: number): Promise<void> {
  await becomeReadOnly(root);
  await delay(ms);
  await root.query('SET GLOBAL read_only = 0');
}

/**
 * Lets the server take no writes of `app` from now on. The statement that does so stops every write that begins and waits for those that
 * run. When one of these waits for the row lock of a transaction whose own next write was stopped, that is a deadlock which the server does
 * not see: it would last for `innodb_lock_wait_timeout`, 50 seconds. So it must not wait: it is tried until it meets a moment in which
 * nothing is being written.
 */
export async function becomeReadOnly(root: Connection): Promise<void> {
  await root.query('SET SESSION lock_wait_timeout = 0');
  for (;;) {
    try {
      await root.query('SET GLOBAL read_only = 1');
      break;
    } catch (error) {
      if (!hasCode(error, 'ER_LOCK_WAIT_TIMEOUT')) throw error;
      await delay(20);
    }
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

import { setTimeout as delay } from 'node:timers/promises';
import { type Connection, createConnection } from 'mysql2/promise';
import type { Server } from '../../../support/server/server.ts';

/** Milliseconds until a server that is away is asked again. */
const pause = 200;
/** What a server says to a session that it is about to end. */
const lastWords: readonly unknown[] = ['ER_SERVER_SHUTDOWN', 'ER_CONNECTION_KILLED', 'ER_QUERY_INTERRUPTED'];

/**
 * Does something on a session of root, again and again, and on another session when the server was away.
 *
 * @returns a function that ends it, when it has been done for the last time
 */
export function repeatAsRoot(server: Server, work: (root: Connection) => Promise<void>): () => Promise<void> {
  let isOver = false;
  const repeat = async () => {
    while (!isOver) {
      let root: Connection | undefined;
      try {
        root = await createConnection({ ...server.connectionOptions('root'), connectTimeout: 1_500 });
        // Where nobody waits for an answer, mysql2 says there that the server has closed the connection.
        root.on('error', () => {});
        while (!isOver) await work(root);
      } catch (error) {
        if (!isAway(error)) throw error;
        await delay(pause);
      } finally {
        root?.destroy();
      }
    }
  };
  const repeated = repeat();
  return async () => {
    isOver = true;
    await repeated;
  };
}

function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { fatal, code } = error as { fatal?: unknown; code?: unknown };
  return fatal === true || lastWords.includes(code);
}

import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type Connection, type ConnectionOptions, createConnection } from 'mysql2/promise';

/** What can be done to a server by SQL; every call opens a connection of its own and closes it. */
export class ServerAdmin {
  readonly #options: () => ConnectionOptions;

  /** @param options where and as whom to connect; asked anew for each call. */
  constructor(options: () => ConnectionOptions) {
    this.#options = options;
  }

  async query<T>(sql: string, params: readonly unknown[] = []): Promise<T> {
    return withConnection(this.#options(), (connection) => rows<T>(connection, sql, params));
  }

  async threads(user: string): Promise<readonly number[]> {
    const sql =
      'SELECT id AS id FROM information_schema.processlist WHERE user = ? AND id <> connection_id() ORDER BY id';
    const found = await this.query<readonly { id: number }[]>(sql, [user]);
    return found.map(({ id }) => id);
  }

  async killThread(id: number): Promise<void> {
    await withConnection(this.#options(), async (connection) => {
      await connection.query('KILL ?', [id]).catch((error: unknown) => {
        if (!isNoSuchThread(error)) throw error;
      });
      const sql = 'SELECT 1 FROM information_schema.processlist WHERE id = ?';
      while ((await rows<readonly unknown[]>(connection, sql, [id])).length > 0) await delay(2);
    });
  }
}

/**
 * Runs `work` on a connection of its own and resolves when the server has closed it too, so that it takes no one's place at
 * max_connections.
 */
export async function withConnection<T>(
  options: ConnectionOptions,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const deadline = performance.now() + 5_000;
  for (;;) {
    try {
      return await attempt(options, work);
    } catch (error) {
      // The place in reserve may be taken for a moment by a connection that is just being refused; nothing was sent then.
      if (!isTooManyConnections(error) || performance.now() > deadline) throw error;
      await delay(5);
    }
  }
}

async function attempt<T>(options: ConnectionOptions, work: (connection: Connection) => Promise<T>): Promise<T> {
  const socket = connect({ host: options.host ?? '127.0.0.1', port: options.port ?? 3306, noDelay: true });
  const closed = new Promise((resolve) => socket.once('close', resolve));
  try {
    const connection = await createConnection({ ...options, stream: socket });
    // An error between two statements has nobody to go to, and would end the process.
    connection.on('error', () => {});
    const result = await work(connection);
    await connection.end();
    await closed;
    return result;
  } finally {
    socket.destroy();
  }
}

async function rows<T>(connection: Connection, sql: string, params: readonly unknown[]): Promise<T> {
  const [result] = await connection.query(sql, [...params]);
  return result as T;
}

/** ER_NO_SUCH_THREAD: the connection ended on its own before it was killed. */
function isNoSuchThread(error: unknown): boolean {
  return error instanceof Error && 'errno' in error && error.errno === 1094;
}

/** ER_CON_COUNT_ERROR */
function isTooManyConnections(error: unknown): boolean {
  return error instanceof Error && 'errno' in error && error.errno === 1040;
}

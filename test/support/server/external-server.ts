import type { ConnectionOptions } from 'mysql2/promise';
import type { Server } from './server.ts';
import { ServerAdmin } from './server-admin.ts';

/**
 * The server that `MYSQL_URL` names. It can be used but not stopped, and whoever the URL names plays both `app` and `root`.
 *
 * @throws {Error} when the URL names no database, or the server does not let us in.
 */
export async function connectExternalServer(text: string): Promise<Server> {
  const url = new URL(text);
  const database = decodeURIComponent(url.pathname.slice(1));
  if (database === '') throw new Error('MYSQL_URL has to name a database: mysql://user:password@host:port/database');
  const options: ConnectionOptions = {
    host: url.hostname,
    port: Number(url.port || 3306),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database,
  };
  const admin = new ServerAdmin(() => options);
  const [row] = await admin.query<readonly { version: string }[]>('SELECT version() AS version');
  const version = row?.version ?? '';
  const refuse = async (): Promise<never> => {
    throw new Error('the server of MYSQL_URL cannot be controlled: skip this test unless server.controllable is true');
  };
  return {
    host: url.hostname,
    port: Number(url.port || 3306),
    socketPath: undefined,
    kind: /mariadb/i.test(version) ? 'mariadb' : 'mysql',
    version: version.match(/^\d+\.\d+\.\d+/)?.[0] ?? version,
    controllable: false,
    tls: undefined,
    running: true,
    url: () => text,
    connectionOptions: () => ({ ...options }),
    kill9: refuse,
    stop: refuse,
    start: refuse,
    restart: refuse,
    freeze: refuse,
    thaw: refuse,
    destroy: async () => {},
    admin: (sql, params) => admin.query(sql, params),
    threads: (user = url.username) => admin.threads(user),
    killThread: (id) => admin.killThread(id),
  };
}

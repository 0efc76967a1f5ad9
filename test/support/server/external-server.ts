import { randomBytes } from 'node:crypto';
import type { ConnectionOptions } from 'mysql2/promise';
import type { Server } from './server.ts';
import { ServerAdmin } from './server-admin.ts';

/**
 * The server that `MYSQL_URL` names. It can be used but not stopped, and whoever the URL names plays both `app` and `root`. Its tables
 * are in a database of their own, which `destroy` drops, where that user may create one; else in the one that the URL names.
 *
 * @throws {Error} naming host and port, and never the password, when the URL names no database, or the server does not let us in.
 */
export async function connectExternalServer(text: string): Promise<Server> {
  const url = parse(text);
  const [host, port] = [url.hostname, Number(url.port || 3306)];
  const options: ConnectionOptions = {
    host,
    port,
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)),
  };
  const admin = new ServerAdmin(() => options);
  const version = await versionOf(admin).catch((error: unknown) => {
    throw new Error(`The server of MYSQL_URL at ${host}:${port} cannot be used: ${reasonOf(error)}`);
  });
  const own = await createDatabase(admin);
  if (own !== undefined) options.database = url.pathname = own;
  const refuse = async (): Promise<never> => {
    throw new Error('the server of MYSQL_URL cannot be controlled: skip this test unless server.controllable is true');
  };
  return {
    host,
    port,
    socketPath: undefined,
    kind: /mariadb/i.test(version) ? 'mariadb' : 'mysql',
    version: version.match(/^\d+\.\d+\.\d+/)?.[0] ?? version,
    controllable: false,
    tls: undefined,
    running: true,
    url: () => url.href,
    connectionOptions: () => ({ ...options }),
    kill9: refuse,
    stop: refuse,
    start: refuse,
    restart: refuse,
    freeze: refuse,
    thaw: refuse,
    destroy: async () => {
      if (own !== undefined) await admin.query(`DROP DATABASE IF EXISTS ${own}`);
    },
    admin: (sql, params) => admin.query(sql, params),
    threads: (user = String(options.user)) => admin.threads(user),
    killThread: (id) => admin.killThread(id),
  };
}

function parse(text: string): URL {
  const form = 'mysql://user:password@host:port/database';
  // The error of `new URL` has the text, and with it the password.
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.hostname === '')
    throw new Error(`MYSQL_URL is no URL of a server: it has to be ${form}`);
  if (url.pathname.length < 2) throw new Error(`MYSQL_URL has to name a database: ${form}`);
  return url;
}

async function versionOf(admin: ServerAdmin): Promise<string> {
  const [row] = await admin.query<readonly { version: string }[]>('SELECT version() AS version');
  return row?.version ?? '';
}

/** Of several attempts to connect, as for `localhost`, only the code says what went wrong. */
function reasonOf(error: unknown): string {
  const { message, code } = error as { readonly message?: string; readonly code?: string };
  return message || code || String(error);
}

/** Undefined where that is not allowed. */
async function createDatabase(admin: ServerAdmin): Promise<string | undefined> {
  const name = `gone_away_test_${randomBytes(6).toString('hex')}`;
  try {
    await admin.query(`CREATE DATABASE ${name}`);
    return name;
  } catch (error) {
    // ER_DBACCESS_DENIED_ERROR
    if ((error as { readonly errno?: number }).errno === 1044) return undefined;
    throw error;
  }
}

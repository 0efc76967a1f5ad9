import { Network } from '../test/support/proxy/network/network.ts';
import type { Server } from '../test/support/server/server.ts';
import type { Target } from './contenders/contender.ts';
import type { Path } from './plan.ts';

/** Milliseconds, each way. */
const delayMs = 1;

export interface Route {
  readonly target: Target;
  close(): Promise<void>;
}

/** The way to the server: direct, or through a proxy that delays. A process of its own: the application's event loop is not to carry it. */
export async function openRoute(server: Server, path: Path): Promise<Route> {
  const direct = targetOf(server);
  if (path === 'loopback') return { target: direct, close: async () => {} };
  const network = new Network();
  const { host } = direct;
  const [port = 0] = await network.open({ host, port: direct.port, count: 1, delayMs, transparent: false });
  return { target: { ...direct, host: '127.0.0.1', port }, close: () => network.close() };
}

/** @throws {Error} where our tables would take the place of somebody's */
export function expectOwnDatabase(server: Pick<Server, 'controllable' | 'connectionOptions'>): void {
  const { database = '' } = server.connectionOptions();
  if (server.controllable || database.startsWith('gone_away_test_')) return;
  throw new Error(
    'the user of MYSQL_URL may not create a database, and the bench drops tables: it needs one of its own',
  );
}

export function targetOf(server: Server): Target {
  const { user = '', password = '', database = '' } = server.connectionOptions();
  return { host: server.host, port: server.port, user, password: String(password), database };
}

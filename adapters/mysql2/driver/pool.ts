import { connect } from 'node:net';
import { type Connection, type ConnectionOptions, createConnection, type Pool } from 'mysql2';
import type { Pool as PromisePool } from 'mysql2/promise';
import type { Endpoints } from './connection.ts';
import type { ConnectionInternals, PoolInternals } from './internals.ts';
import { outsideCalls } from './untraced-query.ts';

/** How many connections lie idle in the pool; undefined where this version of mysql2 does not tell. */
export function idleCount(pool: Pool): number | undefined {
  return (pool as unknown as PoolInternals)._freeConnections?.length;
}

export function isPoolClosed(pool: Pool): boolean {
  return (pool as unknown as PoolInternals)._closed === true;
}

/** The pool's size; Infinity where it has no limit. */
export function connectionLimit(pool: Pool): number {
  const limit = (pool as unknown as PoolInternals).config?.connectionLimit;
  return typeof limit === 'number' && limit > 0 ? limit : Number.POSITIVE_INFINITY;
}

/** How many calls may wait for a connection, by the options of the pool. */
export function queueLimit(pool: Pool): number {
  const config = (pool as unknown as PoolInternals).config;
  if (config?.waitForConnections === false) return 0;
  return config?.queueLimit ? config.queueLimit : Number.POSITIVE_INFINITY;
}

/** The database that the connections of this pool use, as its options say. */
export function databaseOf(pool: Pool): string | undefined {
  return (pool as unknown as PoolInternals).config?.connectionConfig?.database;
}

const whereTo = [
  'host',
  'port',
  'localAddress',
  'socketPath',
  'user',
  'password',
  'passwordSha1',
  'ssl',
  'stream',
  'connectTimeout',
  'insecureAuth',
  'authPlugins',
  'enableCleartextPlugin',
] as const satisfies readonly (keyof ConnectionOptions)[];

/** Options with which to reach the same server as the same user. */
export function connectionOptionsOf(pool: Pool): ConnectionOptions {
  const config = (pool as unknown as PoolInternals).config?.connectionConfig ?? {};
  return Object.fromEntries(whereTo.filter((name) => config[name] !== undefined).map((name) => [name, config[name]]));
}

/**
 * A connection of its own to the server of this pool, as the same user. Does not keep the process alive.
 *
 * @param to the very address that another connection of the pool goes to, for a name may stand for many. Not where the pool connects in
 *   another way: by a socket file, or a stream of the user's making
 * @param login where the pool's options do not say it
 */
export function openControlConnection(pool: Pool, to: Endpoints | undefined, login: Login = {}): Connection {
  const options = { ...connectionOptionsOf(pool), ...login };
  const { localAddress } = options;
  const own =
    to === undefined || options.stream !== undefined || options.socketPath !== undefined
      ? {}
      : {
          stream: () =>
            connect({
              host: to.remoteAddress,
              port: to.remotePort,
              noDelay: true,
              ...(localAddress && { localAddress }),
            }),
        };
  // Who asks also stops waiting; mysql2's own timer would keep the process alive.
  const connection = outsideCalls(() => createConnection({ ...options, ...own, connectTimeout: 0 }));
  const { stream } = connection as unknown as ConnectionInternals;
  stream?.unref?.();
  // Between two questions an error has nobody to go to, and would end the process.
  connection.on('error', () => {});
  return connection;
}

/** As whom a connection logs in. */
type Login = Pick<ConnectionOptions, 'user' | 'password'>;

/** As whom the connections log in that this pool makes from now on. Each of them has a copy of the pool's options. */
export function logInAs(pool: Pool, { user, password }: Login): void {
  const { connectionConfig } = (pool as unknown as PoolInternals).config ?? {};
  if (connectionConfig === undefined) throw new Error('This version of mysql2 lets no pool change its `credentials`');
  Object.assign(connectionConfig, { user, password });
}

/** Whether the next call for a connection of this pool makes a new one. */
export function willConnect(pool: Pool): boolean {
  return !isPoolClosed(pool) && (idleCount(pool) ?? 0) === 0 && hasRoom(pool);
}

/** How long a new connection of this pool may take, in milliseconds; Infinity where its options say so. */
export function connectTimeoutOf(pool: Pool): number {
  const timeout = Number((pool as unknown as PoolInternals).config?.connectionConfig?.connectTimeout);
  return timeout > 0 ? timeout : Number.POSITIVE_INFINITY;
}

/** Every connection of this pool: idle, in use, or still in its handshake. None, where this version of mysql2 does not tell. */
export function connectionsOf(pool: Pool): readonly ConnectionInternals[] {
  const all = (pool as unknown as PoolInternals)._allConnections;
  return Array.from({ length: all?.length ?? 0 }, (_, index) => all?.get(index) as ConnectionInternals);
}

/** Whether the pool may make another connection; yes, where this version of mysql2 does not tell. */
export function hasRoom(pool: Pool): boolean {
  const { length = 0 } = (pool as unknown as PoolInternals)._allConnections ?? {};
  return length < connectionLimit(pool);
}

/** Where the pool connects to, for people. */
export function addressOf(pool: Pool): string {
  const { host, port, socketPath } = (pool as unknown as PoolInternals).config?.connectionConfig ?? {};
  return socketPath ?? `${host ?? 'localhost'}:${port ?? 3306}`;
}

/** Cuts every connection of this pool. Statements that wait for an answer fail with a network error. */
export function cutConnections(pool: Pool): void {
  const error = Object.assign(new Error('The pool was ended, and did not wait any longer'), { code: 'ECONNABORTED' });
  for (const { stream } of connectionsOf(pool)) stream?.destroy(error);
}

/** Whether the user wants errors to carry the stack of the call that they belong to. mysql2's default is yes. */
export function wantsCallerStack(pool: Pool): boolean {
  return (pool as unknown as PoolInternals).config?.connectionConfig?.trace !== false;
}

/** A server that has refused the connection may leave it open, and mysql2 does as well. */
function destroyStream(this: Connection): void {
  (this as unknown as ConnectionInternals).stream?.destroy();
}

/**
 * Listens for errors of the connection that the pool has just begun to make. Between its first error and its end nobody else does,
 * and a second error would end the process.
 */
export function guardNewestConnection(pool: Pool): void {
  const all = (pool as unknown as PoolInternals)._allConnections;
  const newest =
    all === undefined || all.length === 0 ? undefined : (all.get(all.length - 1) as Connection | undefined);
  if (newest?.listeners('error').includes(destroyStream) === false) newest.on('error', destroyStream);
}

/** The callback pool behind whatever pool of mysql2 this is; undefined if it is none. */
export function corePoolOf(candidate: unknown): Pool | undefined {
  if (typeof candidate !== 'object' || candidate === null) return undefined;
  if (isCallbackPool(candidate)) return candidate;
  const inner: unknown = (candidate as Partial<PromisePool>).pool;
  return typeof inner === 'object' && inner !== null && isCallbackPool(inner) ? inner : undefined;
}

export function isCallbackPool(candidate: object): candidate is Pool {
  const { getConnection, promise, query, releaseConnection } = candidate as Partial<Pool>;
  return [getConnection, promise, query, releaseConnection].every((method) => typeof method === 'function');
}

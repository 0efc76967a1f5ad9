import type { ConnectionOptions } from 'mysql2/promise';
import { connectExternalServer } from './external-server.ts';
import { externalUrl } from './external-url.ts';
import { launchLocalServer } from './local-server.ts';

/** `app` owns the database `app` and nothing else, so `read_only` binds it; `root` may do anything. */
export type ServerUser = 'app' | 'root';

export interface StartOptions {
  /** Server flags, for example `--wait-timeout=1`; they come last, so they win over the launcher's own. */
  readonly flags?: readonly string[];
  /** A word for the folder's name, to tell instances apart in a process list. Default 'server'. */
  readonly name?: string;
}

/** A real server, to be stopped, killed and frozen at will. */
export interface Server {
  readonly host: string;
  readonly port: number;
  /** Undefined for an external server. */
  readonly socketPath: string | undefined;
  readonly kind: 'mariadb' | 'mysql';
  /** For example '10.11.14'. */
  readonly version: string;
  /** False for an external server (`MYSQL_URL`): its process is not ours, flags are not applied, and every verb that needs it throws. */
  readonly controllable: boolean;
  /** PEM of the authority behind the server's certificate (valid for 127.0.0.1); undefined when that is not known. */
  readonly tls: { readonly ca: string } | undefined;
  /** Whether our server process exists now, frozen or not. Always true for an external server. */
  readonly running: boolean;

  url(user?: ServerUser): string;
  connectionOptions(user?: ServerUser): ConnectionOptions;

  /** SIGKILL; resolves when the process is gone. */
  kill9(): Promise<void>;
  /** Graceful (SIGTERM, thawed first if frozen); resolves when the process is gone. */
  stop(): Promise<void>;
  /**
   * Starts the stopped or killed server again, same port, same data; resolves when it answers a query.
   *
   * @param options.flags replaces the flags of the first start; by default they are kept.
   * @throws {Error} with the end of the server's log when it dies on the way.
   */
  start(options?: Pick<StartOptions, 'flags'>): Promise<void>;
  /** {@link stop}, then {@link start}. */
  restart(options?: Pick<StartOptions, 'flags'>): Promise<void>;
  /** SIGSTOP: connections stay, connects succeed (the kernel answers), nothing else does. Resolves when it stands still. */
  freeze(): Promise<void>;
  /** SIGCONT. */
  thaw(): Promise<void>;
  /** Kills the process and removes its folder. Can be called twice. Does nothing to an external server. */
  destroy(): Promise<void>;

  /** One statement as root, on a connection of its own; works at max_connections too, where root has one in reserve. */
  admin<T>(sql: string, params?: readonly unknown[]): Promise<T>;
  /** Connection ids of a user's connections (default 'app'), oldest first. */
  threads(user?: string): Promise<readonly number[]>;
  /** KILL; resolves when the connection has left the process list, at once when it was not there. */
  killThread(id: number): Promise<void>;
}

/**
 * A server for a test: the one that `MYSQL_URL` names, else a private instance on loopback of the MariaDB or MySQL on this
 * machine, which on Debian and Ubuntu is fetched when there is none. A private instance starts in well under a second, and
 * process and folder vanish with this process however it ends.
 *
 * @throws {Error} saying what to install, or why the server did not start.
 */
export function startServer(options: StartOptions = {}): Promise<Server> {
  const url = externalUrl();
  return url === undefined ? launchLocalServer(options) : connectExternalServer(url);
}

/**
 * For `skip(...notOurs(server))`: what a test does to its server is for one that it has started itself.
 *
 * @param what is not to be had from somebody else's
 */
export function notOurs(
  { controllable }: Pick<Server, 'controllable'>,
  what?: string,
): [skipped: boolean, reason: string] {
  const reason = "the server of MYSQL_URL is somebody else's";
  return [!controllable, what === undefined ? reason : `${reason}: ${what}`];
}

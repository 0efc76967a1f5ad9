import { mkdtempSync } from 'node:fs';
import { constants, cp, mkdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionOptions } from 'mysql2/promise';
import { runCommand } from '../command/run-command.ts';
import { datadirTemplate } from './datadir-template.ts';
import { findServerBinary, type ServerBinary } from './find-server-binary.ts';
import { freePort } from './free-port.ts';
import type { Server, ServerUser, StartOptions } from './server.ts';
import { ServerAdmin, withConnection } from './server-admin.ts';
import { locationFlags, tuningFlags } from './server-flags.ts';
import { ServerProcess } from './server-process.ts';
import { guard, release } from './watchdog.ts';

export interface LocalServerOptions extends StartOptions {
  /** Default: the one that is found on this machine. */
  readonly binary?: ServerBinary;
  /** A folder to copy the instance from, made from that of {@link datadirTemplate}, which is the default. */
  readonly template?: string;
}

/** Starts a private instance on 127.0.0.1; see `startServer`. */
export async function launchLocalServer(options: LocalServerOptions): Promise<LocalServer> {
  const binary = options.binary ?? (await findServerBinary());
  const template = options.template ?? (await datadirTemplate(binary));
  const folder = mkdtempSync(join(shortTmpdir(), `gone-away-${(options.name ?? 'server').slice(0, 16)}-`));
  guard(folder);
  // Copying shares the blocks instead where the file system can do that.
  await cp(template, folder, { recursive: true, mode: constants.COPYFILE_FICLONE });
  await mkdir(join(folder, 'tmp'));
  const ca = await readFile(join(folder, 'tls', 'ca.pem'), 'utf8');
  const server = new LocalServer(binary, template, folder, ca, options.flags ?? []);
  try {
    await server.startOnFreePort();
  } catch (error) {
    await server.destroy();
    throw error;
  }
  return server;
}

/** A unix socket's path has at most 107 bytes (103 on macOS; see unix(7)), and ours goes on for up to 40 after this. */
function shortTmpdir(): string {
  return tmpdir().length <= 60 ? tmpdir() : '/tmp';
}

/** A private instance; its process and its folder are ours. */
export class LocalServer implements Server {
  readonly host = '127.0.0.1';
  readonly controllable = true;
  readonly socketPath: string;
  readonly kind: ServerBinary['kind'];
  readonly version: string;
  readonly tls: { readonly ca: string };
  readonly datadir: string;
  readonly #binary: ServerBinary;
  readonly #template: string;
  readonly #folder: string;
  readonly #admin: ServerAdmin;
  #flags: readonly string[];
  #port = 0;
  #process: ServerProcess | undefined;
  #destroyed: Promise<void> | undefined;

  constructor(binary: ServerBinary, template: string, folder: string, ca: string, flags: readonly string[]) {
    this.#binary = binary;
    this.#template = template;
    this.#folder = folder;
    this.datadir = join(folder, 'data');
    this.#flags = flags;
    this.#admin = new ServerAdmin(() => this.connectionOptions('root'));
    this.kind = binary.kind;
    this.version = binary.version;
    this.tls = { ca };
    this.socketPath = join(folder, 's.sock');
  }

  get port(): number {
    return this.#port;
  }

  get running(): boolean {
    return this.#process?.running ?? false;
  }

  url(user: ServerUser = 'app'): string {
    return `mysql://${user === 'app' ? 'app:app' : 'root'}@${this.host}:${this.#port}/app`;
  }

  connectionOptions(user: ServerUser = 'app'): ConnectionOptions {
    const password = user === 'app' ? 'app' : '';
    return { host: this.host, port: this.#port, user, password, database: 'app' };
  }

  /** Another process may take the port between the look and the start; then another port is as good. */
  async startOnFreePort(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      this.#port = await freePort();
      try {
        return await this.start();
      } catch (error) {
        const portTaken = error instanceof Error && /address already in use|bind on TCP/i.test(error.message);
        if (!portTaken || attempt === 5) throw error;
      }
    }
  }

  async start(options: Pick<StartOptions, 'flags'> = {}): Promise<void> {
    if (this.#destroyed !== undefined) throw new Error('the server was destroyed');
    if (this.running) throw new Error('the server is running already');
    this.#flags = options.flags ?? this.#flags;
    this.#process = new ServerProcess({
      program: this.#binary.program,
      args: this.#args(),
      env: this.#binary.env,
      logFile: join(this.#folder, 'log'),
    });
    if (this.#process.pid !== undefined) guard(this.#folder, this.#process.pid);
    try {
      await this.#process.ready(() => this.#answers());
    } catch (error) {
      await this.kill9();
      throw error;
    }
  }

  async kill9(): Promise<void> {
    await this.#process?.end('SIGKILL');
  }

  async stop(): Promise<void> {
    // A frozen process would keep SIGTERM pending for ever.
    this.#process?.signal('SIGCONT');
    await this.#process?.end('SIGTERM');
  }

  async restart(options: Pick<StartOptions, 'flags'> = {}): Promise<void> {
    await this.stop();
    await this.start(options);
  }

  async freeze(): Promise<void> {
    if (!this.running) throw new Error('the server is not running');
    this.#process?.signal('SIGSTOP');
    await this.#process?.stoodStill();
  }

  async thaw(): Promise<void> {
    this.#process?.signal('SIGCONT');
  }

  /** Runs the program of a stopped or killed server once more, with more flags, until it ends by itself. */
  async runOnce(flags: readonly string[]): Promise<void> {
    if (this.running) throw new Error('the server is running');
    await runCommand(this.#binary.program, [...this.#args(), ...flags], { env: this.#binary.env });
  }

  /** Puts a fresh data directory into the place of that of a stopped or killed server. */
  async renew(): Promise<void> {
    if (this.running) throw new Error('the server is running');
    await rm(this.datadir, { recursive: true, force: true });
    await cp(join(this.#template, 'data'), this.datadir, { recursive: true, mode: constants.COPYFILE_FICLONE });
  }

  destroy(): Promise<void> {
    this.#destroyed ??= this.#vanish();
    return this.#destroyed;
  }

  admin<T>(sql: string, params?: readonly unknown[]): Promise<T> {
    return this.#admin.query<T>(sql, params);
  }

  threads(user = 'app'): Promise<readonly number[]> {
    return this.#admin.threads(user);
  }

  killThread(id: number): Promise<void> {
    return this.#admin.killThread(id);
  }

  async #vanish(): Promise<void> {
    await this.kill9();
    await rm(this.#folder, { recursive: true, force: true });
    release(this.#folder);
  }

  #args(): readonly string[] {
    const tls = join(this.#folder, 'tls');
    return [
      ...this.#binary.leadingArgs,
      '--no-defaults',
      ...locationFlags(this.#binary, this.datadir),
      ...tuningFlags(this.kind),
      `--bind-address=${this.host}`,
      `--port=${this.#port}`,
      `--socket=${this.socketPath}`,
      `--pid-file=${join(this.#folder, 'pid')}`,
      // MariaDB removes the temporary tables that it finds at its start: in a folder that servers share, those of its neighbours.
      `--tmpdir=${join(this.#folder, 'tmp')}`,
      `--ssl-ca=${join(tls, 'ca.pem')}`,
      `--ssl-cert=${join(tls, 'cert.pem')}`,
      `--ssl-key=${join(tls, 'key.pem')}`,
      ...this.#flags,
    ];
  }

  /** Resolves when the port answers a query, and it is our server that does and not one that had the port before. */
  async #answers(): Promise<void> {
    await withConnection({ ...this.connectionOptions('root'), connectTimeout: 5_000 }, async (connection) => {
      const [rows] = await connection.query('SELECT @@socket AS socket');
      const [row] = rows as { socket: string }[];
      if (row?.socket !== this.socketPath) throw new Error(`port ${this.#port} belongs to another server`);
    });
  }
}

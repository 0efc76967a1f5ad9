import { mkdtempSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { UnpackedPackages } from '../server/debian-packages.ts';
import { freePort } from '../server/free-port.ts';
import { ServerProcess } from '../server/server-process.ts';
import { type Command, unpackedProgram } from '../server/unpacked-program.ts';
import { guard, release } from '../server/watchdog.ts';
import { clusterPackages } from './cluster-packages.ts';

export interface MysqlRouterPrograms extends Command {
  readonly plugins: string;
}

/**
 * Fetches MySQL Router.
 *
 * @throws {Error} saying what cannot be had
 */
export async function findMysqlRouter(): Promise<MysqlRouterPrograms> {
  const unpacked: UnpackedPackages = await clusterPackages({ packages: ['mysql-router'], suite: 'sid' });
  const command = unpackedProgram(unpacked, 'bin/mysqlrouter', ['lib/mysql-router', 'lib/mysqlrouter/plugin']);
  return { ...command, plugins: join(unpacked.prefix, 'lib', 'mysqlrouter', 'plugin') };
}

/**
 * Starts MySQL Router on a free port of 127.0.0.1. New connections go to the first of these servers that is up; encryption is between
 * client and server.
 *
 * @throws {Error} saying what is missing, or why it did not start
 */
export async function startMysqlRouter(servers: readonly { readonly port: number }[]): Promise<MysqlRouter> {
  const programs = await findMysqlRouter();
  const folder = mkdtempSync(join(tmpdir(), 'gone-away-router-'));
  guard(folder);
  const router = new MysqlRouter(programs, folder, await freePort());
  try {
    for (const name of ['run', 'data']) await mkdir(join(folder, name));
    await router.route(servers);
  } catch (error) {
    await router.destroy();
    throw error;
  }
  return router;
}

export class MysqlRouter {
  readonly host = '127.0.0.1';
  readonly port: number;
  readonly #command: MysqlRouterPrograms;
  readonly #folder: string;
  #process: ServerProcess | undefined;

  constructor(command: MysqlRouterPrograms, folder: string, port: number) {
    this.#command = command;
    this.#folder = folder;
    this.port = port;
  }

  /** Its routes stand in a file: it ends, and begins again with these. */
  async route(servers: readonly { readonly port: number }[]): Promise<void> {
    await this.kill9();
    await writeFile(join(this.#folder, 'cfg'), configuration(this.port, this.#command.plugins, this.#folder, servers));
    await this.start();
  }

  async start(): Promise<void> {
    const { program, leadingArgs, env } = this.#command;
    const args = [...leadingArgs, '-c', join(this.#folder, 'cfg')];
    this.#process = new ServerProcess({ program, args, env, logFile: join(this.#folder, 'log') });
    if (this.#process.pid !== undefined) guard(this.#folder, this.#process.pid);
    await this.#process.ready(() => this.#accepts());
  }

  /** SIGKILL; every connection through it is lost. Resolves when it is gone. */
  async kill9(): Promise<void> {
    await this.#process?.end('SIGKILL');
  }

  async destroy(): Promise<void> {
    await this.kill9();
    await rm(this.#folder, { recursive: true, force: true });
    release(this.#folder);
  }

  #accepts(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.port, this.host);
      socket.on('error', reject);
      socket.on('connect', () => {
        socket.destroy();
        resolve();
      });
    });
  }
}

function configuration(
  port: number,
  plugins: string,
  folder: string,
  servers: readonly { readonly port: number }[],
): string {
  const asRoot = process.getuid?.() === 0 ? ['user=root'] : [];
  return [
    '[DEFAULT]',
    `plugin_folder=${plugins}`,
    `runtime_folder=${join(folder, 'run')}`,
    // The console.
    'logging_folder=',
    `data_folder=${join(folder, 'data')}`,
    // Whoever fails to connect is not to be shut out.
    'max_connect_errors=4294967295',
    ...asRoot,
    '[logger]',
    'level=WARNING',
    '[routing:rw]',
    'bind_address=127.0.0.1',
    `bind_port=${port}`,
    `destinations=${servers.map((server) => `127.0.0.1:${server.port}`).join(',')}`,
    'routing_strategy=first-available',
    'protocol=classic',
    'client_ssl_mode=PASSTHROUGH',
    'server_ssl_mode=AS_CLIENT',
    '[destination_status]',
    // How often, in seconds, a server that was not up is tried again.
    'error_quarantine_interval=1',
    '',
  ].join('\n');
}

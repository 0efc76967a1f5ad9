import { mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { findProgram } from '../server/find-server-binary.ts';
import { freePort } from '../server/free-port.ts';
import { ServerProcess } from '../server/server-process.ts';
import { type Command, unpackedProgram } from '../server/unpacked-program.ts';
import { guard, release } from '../server/watchdog.ts';
import { clusterPackages } from './cluster-packages.ts';

/** A server behind the proxy. */
export interface HaproxyServer {
  readonly name: string;
  readonly port: number;
  /** Is used only while none of the others is up. */
  readonly backup?: boolean;
  /** Where its health is asked for by HTTP; without it, a server is up when it accepts connections. */
  readonly checkPort?: number;
}

export interface HaproxyOptions {
  readonly servers: readonly HaproxyServer[];
  /** After how many milliseconds without traffic a connection is ended. Default: an hour. */
  readonly idleTimeout?: number;
}

/**
 * Starts HAProxy on a free port of 127.0.0.1, in TCP mode.
 *
 * @throws {Error} saying what is missing, or why it did not start
 */
export async function startHaproxy(options: HaproxyOptions): Promise<Haproxy> {
  const command = await findHaproxy();
  // The path of a unix socket is short.
  const folder = mkdtempSync(join(tmpdir().length <= 60 ? tmpdir() : '/tmp', 'gone-away-haproxy-'));
  guard(folder);
  const haproxy = new Haproxy(command, folder, await freePort());
  try {
    await writeFile(join(folder, 'cfg'), configuration(options, haproxy.port, haproxy.socket));
    await haproxy.start();
  } catch (error) {
    await haproxy.destroy();
    throw error;
  }
  return haproxy;
}

/** @throws {Error} saying what cannot be had */
export async function findHaproxy(): Promise<Command> {
  const program = findProgram('haproxy');
  if (program !== undefined) return { program, leadingArgs: [], env: process.env };
  return unpackedProgram(await clusterPackages({ packages: ['haproxy'] }), 'sbin/haproxy');
}

export class Haproxy {
  readonly host = '127.0.0.1';
  readonly port: number;
  readonly socket: string;
  readonly #command: Command;
  readonly #folder: string;
  #process: ServerProcess | undefined;

  constructor(command: Command, folder: string, port: number) {
    this.#command = command;
    this.#folder = folder;
    this.port = port;
    this.socket = join(folder, 's.sock');
  }

  async start(): Promise<void> {
    const { program, leadingArgs, env } = this.#command;
    const args = [...leadingArgs, '-db', '-f', join(this.#folder, 'cfg')];
    this.#process = new ServerProcess({ program, args, env, logFile: join(this.#folder, 'log') });
    if (this.#process.pid !== undefined) guard(this.#folder, this.#process.pid);
    await this.#process.ready(async () => {
      await this.command('show info');
    });
  }

  /** SIGKILL; every connection through it is lost. Resolves when it is gone. */
  async kill9(): Promise<void> {
    await this.#process?.end('SIGKILL');
  }

  /** A command of its management, such as `disable server be/s1` or `show servers state`; resolves with its answer. */
  async command(line: string): Promise<string> {
    const socket = connect(this.socket);
    socket.end(`${line}\n`);
    return text(socket);
  }

  /** No new connections for a server. Those that are open stay, unless they are ended. */
  async disable(name: string, { andEndSessions = false } = {}): Promise<void> {
    await this.#obey(`disable server be/${name}`);
    if (andEndSessions) await this.#obey(`shutdown sessions server be/${name}`);
  }

  async enable(name: string): Promise<void> {
    await this.#obey(`enable server be/${name}`);
  }

  /** Whether it takes a server for one that is up. */
  async isUp(name: string): Promise<boolean> {
    const [names = '', ...rows] = (await this.command('show stat')).trim().split('\n');
    const column = names.split(',').indexOf('status');
    const row = rows.map((line) => line.split(',')).find((fields) => fields[0] === 'be' && fields[1] === name);
    return row?.[column]?.startsWith('UP') ?? false;
  }

  async destroy(): Promise<void> {
    await this.kill9();
    await rm(this.#folder, { recursive: true, force: true });
    release(this.#folder);
  }

  /** It answers nothing but an empty line where it did what it was told. */
  async #obey(line: string): Promise<void> {
    const answer = (await this.command(line)).trim();
    if (answer !== '') throw new Error(`haproxy, on "${line}": ${answer}`);
  }
}

function configuration({ servers, idleTimeout = 3_600_000 }: HaproxyOptions, port: number, socket: string): string {
  const lines = servers.map(({ name, port, backup = false, checkPort }) => {
    const where = checkPort === undefined ? '' : ` port ${checkPort}`;
    return `  server ${name} 127.0.0.1:${port} check${where}${backup ? ' backup' : ''}`;
  });
  return [
    'global',
    `  stats socket ${socket} mode 600 level admin`,
    'defaults',
    '  mode tcp',
    '  timeout connect 1s',
    '  timeout check 2s',
    `  timeout client ${idleTimeout}ms`,
    `  timeout server ${idleTimeout}ms`,
    'frontend fe',
    `  bind 127.0.0.1:${port}`,
    '  default_backend be',
    'backend be',
    ...(servers.some(({ checkPort }) => checkPort !== undefined) ? ['  option httpchk'] : []),
    '  default-server inter 200ms fall 2 rise 1 on-marked-down shutdown-sessions',
    ...lines,
    '',
  ].join('\n');
}

import { existsSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { runCommand } from '../command/run-command.ts';
import { type UnpackedPackages, unpackDebianPackages } from './debian-packages.ts';
import { installDebianPackages } from './install-debian-packages.ts';
import { namedServers, serverNames } from './named-servers.ts';
import { type Command, unpackedProgram } from './unpacked-program.ts';

/** A server program that can run on this machine, and how. */
export interface ServerBinary extends Command {
  /** The server's own file; what has to be started is `program`. */
  readonly path: string;
  readonly kind: 'mariadb' | 'mysql';
  /** For example '10.11.14'. */
  readonly version: string;
  /** Set when the program is not where it was built to be, so that it has to be told where its files are. */
  readonly prefix: string | undefined;
}

/** The server alone, without the service, the system user and the configuration that `mariadb-server` would add. */
const bareMariadb = ['mariadb-server-core', 'mariadb-client-core'];

/** Often not on the PATH of an ordinary user, and where Linux distributions put servers. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/libexec'];

/**
 * Finds a MariaDB or MySQL server, or gets one: on the PATH, else from Debian's or Ubuntu's packages (installed when root,
 * otherwise unpacked into the cache). The environment variable `GONE_AWAY_SERVER` forces one way: `apt`, `unpack`, one of the
 * `namedServers` (unpacked), or the absolute path of a server program.
 *
 * @throws {Error} saying what to install on this platform when there is none to be had.
 */
export async function findServerBinary(wish = process.env.GONE_AWAY_SERVER || undefined): Promise<ServerBinary> {
  if (wish !== undefined && isAbsolute(wish)) return inspect(startedAlone(wish), wish, dirname(dirname(wish)));
  if (wish !== undefined && wish !== 'apt' && wish !== 'unpack') return findNamedServer(wish);
  const installed = wish === undefined ? findProgram('mariadbd', 'mysqld') : undefined;
  if (installed !== undefined) return inspect(startedAlone(installed), installed);
  if (!hasApt()) throw new Error(whatToInstall());
  if (wish === 'apt' || (wish !== 'unpack' && process.getuid?.() === 0)) {
    await installDebianPackages(bareMariadb).catch(explain);
    const program = findProgram('mariadbd');
    if (program !== undefined) return inspect(startedAlone(program), program);
    throw new Error('apt-get installed MariaDB, but there is no mariadbd on the PATH');
  }
  return inspectUnpacked(await unpackDebianPackages({ packages: bareMariadb }).catch(explain), 'sbin/mariadbd');
}

async function findNamedServer(name: string): Promise<ServerBinary> {
  const named = namedServers[name];
  if (named === undefined) {
    const choice = ['apt', 'unpack', ...serverNames].join(', ');
    throw new Error(`GONE_AWAY_SERVER is ${choice}, or the absolute path of a server program, not ${name}`);
  }
  if (!hasApt()) throw new Error(`${name} comes from Debian's packages, and this machine has no apt-get to fetch them`);
  return inspectUnpacked(await unpackDebianPackages(named), named.program);
}

/** Whether packages of Debian can be fetched and unpacked here. */
export function hasApt(): boolean {
  return process.platform === 'linux' && findProgram('apt-get') !== undefined;
}

/** The first of these programs that is on the PATH or in a system folder. */
export function findProgram(...names: readonly string[]): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter(isAbsolute), ...SYSTEM_FOLDERS];
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}

function startedAlone(program: string): Command {
  return { program, leadingArgs: [], env: process.env };
}

function inspectUnpacked(unpacked: UnpackedPackages, program: string): Promise<ServerBinary> {
  return inspect(unpackedProgram(unpacked, program), join(unpacked.prefix, program), unpacked.prefix);
}

async function inspect(command: Command, path: string, prefix?: string): Promise<ServerBinary> {
  const { program, leadingArgs, env } = command;
  const text = await runCommand(program, [...leadingArgs, '--no-defaults', '--version'], { env });
  const version = text.match(/\bVer (\d+\.\d+\.\d+)/)?.[1];
  if (version === undefined) throw new Error(`${path} --version says nothing that is understood: ${text}`);
  return { ...command, path, kind: /mariadb/i.test(text) ? 'mariadb' : 'mysql', version, prefix };
}

function explain(error: unknown): never {
  throw new Error(`${whatToInstall()} What was tried: ${error}`, { cause: error });
}

function whatToInstall(): string {
  const advice: Record<string, string> = {
    darwin: 'run brew install mariadb',
    win32: 'run the tests in WSL (they stop and freeze the server by signals, which Windows has not)',
    linux:
      'install one (apt-get install mariadb-server-core mariadb-client-core, dnf install mariadb-server, apk add mariadb mariadb-client, pacman -S mariadb)',
  };
  const here = advice[process.platform] ?? 'install MariaDB or MySQL';
  return `No MySQL or MariaDB server for the tests: neither mariadbd nor mysqld is on the PATH. Either ${here}, or set MYSQL_URL=mysql://user:password@host:port/database to a server that may be written to.`;
}

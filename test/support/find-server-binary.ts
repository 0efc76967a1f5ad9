import { existsSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { installDebianPackages, unpackDebianPackages } from './install-debian-packages.ts';
import { runCommand } from './run-command.ts';

/** A server program that can run on this machine, and how. */
export interface ServerBinary {
  readonly program: string;
  readonly kind: 'mariadb' | 'mysql';
  /** For example '10.11.14'. */
  readonly version: string;
  /** Set when the program is not where it was built to be, so that it has to be told where its files are. */
  readonly prefix: string | undefined;
  readonly env: NodeJS.ProcessEnv;
}

/** Often not on the PATH of an ordinary user, and where Linux distributions put servers. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/libexec'];

/**
 * Finds a MariaDB or MySQL server, or gets one: on the PATH, else from Debian's or Ubuntu's packages (installed when root,
 * otherwise unpacked into the cache). The environment variable `GONE_AWAY_SERVER` forces one way: `apt`, `unpack`, or the
 * absolute path of a server program.
 *
 * @throws {Error} saying what to install on this platform when there is none to be had.
 */
export async function findServerBinary(): Promise<ServerBinary> {
  const wish = process.env.GONE_AWAY_SERVER;
  if (wish !== undefined && isAbsolute(wish)) return inspect(wish, dirname(dirname(wish)));
  const installed = wish === undefined ? findProgram('mariadbd', 'mysqld') : undefined;
  if (installed !== undefined) return inspect(installed);
  if (process.platform !== 'linux' || findProgram('apt-get') === undefined) throw new Error(whatToInstall());
  if (wish === 'apt' || (wish !== 'unpack' && process.getuid?.() === 0)) {
    await installDebianPackages().catch(explain);
    const program = findProgram('mariadbd');
    if (program !== undefined) return inspect(program);
    throw new Error('apt-get installed MariaDB, but there is no mariadbd on the PATH');
  }
  const { prefix, libraryFolders } = await unpackDebianPackages().catch(explain);
  return inspect(join(prefix, 'sbin', 'mariadbd'), prefix, libraryFolders);
}

/** The first of these programs that is on the PATH or in a system folder. */
export function findProgram(...names: readonly string[]): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter(isAbsolute), ...SYSTEM_FOLDERS];
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}

async function inspect(
  program: string,
  prefix?: string,
  libraryFolders: readonly string[] = [],
): Promise<ServerBinary> {
  const libraries = [...libraryFolders, process.env.LD_LIBRARY_PATH ?? ''].filter((folder) => folder !== '');
  const env = libraries.length === 0 ? process.env : { ...process.env, LD_LIBRARY_PATH: libraries.join(':') };
  const text = await runCommand(program, ['--no-defaults', '--version'], { env });
  const version = text.match(/\bVer (\d+\.\d+\.\d+)/)?.[1];
  if (version === undefined) throw new Error(`${program} --version says nothing that is understood: ${text}`);
  return { program, kind: /mariadb/i.test(text) ? 'mariadb' : 'mysql', version, prefix, env };
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

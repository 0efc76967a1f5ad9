import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cachedFolder, cacheFolder, withLock } from './cache-folder.ts';
import { runCommand } from './run-command.ts';

/** The server alone, without the service, the system user and the configuration that `mariadb-server` would add. */
const PACKAGES = ['mariadb-server-core', 'mariadb-client-core'];

const WITHOUT_EXTRAS = ['--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120'];
const SPEAK_NO_DIALOG = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };

/**
 * Installs MariaDB's bare server with the machine's own apt; needs root.
 *
 * @throws {Error} with apt's last lines when that fails even after the package lists were fetched anew.
 */
export async function installDebianPackages(): Promise<void> {
  await withLock('apt', async () => {
    progress(`installing ${PACKAGES.join(' and ')} with apt-get`);
    const install = () => apt('install', '-y', ...WITHOUT_EXTRAS, ...PACKAGES);
    // Lists that were never fetched and lists too old to download from fail alike, and the same step helps both.
    await install().catch(async () => {
      await apt('update');
      await install();
    });
  });
}

/** Where the packages were unpacked, and the folders in which the server finds its shared libraries. */
export interface UnpackedPackages {
  /** What would be `/usr`. */
  readonly prefix: string;
  readonly libraryFolders: readonly string[];
}

/**
 * Downloads MariaDB's bare server and those of its dependencies that this machine lacks, and unpacks them into the cache.
 * Needs no root and changes nothing of the machine's own package database.
 *
 * @throws {Error} with apt's last lines when the packages cannot be found or fetched.
 */
export async function unpackDebianPackages(): Promise<UnpackedPackages> {
  const folder = await cachedFolder(`mariadb-${await systemName()}`, async (draft) => {
    progress(`downloading ${PACKAGES.join(' and ')} into ${cacheFolder()}`);
    const downloads = join(draft, 'downloads');
    await mkdir(downloads);
    await download(downloads, []).catch(async () => {
      const privateLists = await fetchPrivateLists(draft);
      await download(downloads, privateLists);
    });
    for (const file of await readdir(downloads)) await runCommand('dpkg', ['-x', join(downloads, file), draft]);
    for (const unneeded of ['downloads', 'apt', 'usr/share/doc', 'usr/share/man']) {
      await rm(join(draft, unneeded), { recursive: true, force: true });
    }
  });
  return { prefix: join(folder, 'usr'), libraryFolders: await findLibraryFolders(folder) };
}

async function download(downloads: string, options: readonly string[]): Promise<void> {
  // --reinstall lists the two packages also where they are installed already, otherwise it changes nothing.
  const plan = await apt('install', '--simulate', '--reinstall', ...WITHOUT_EXTRAS, ...options, ...PACKAGES);
  const needed = [...plan.matchAll(/^Inst (\S+)/gm)].map((match) => match[1] ?? '');
  await runCommand('apt-get', ['download', ...options, ...needed], { cwd: downloads, env: SPEAK_NO_DIALOG });
}

/** Only root may fetch the machine's package lists; anyone may fetch a copy of their own. */
async function fetchPrivateLists(draft: string): Promise<readonly string[]> {
  const lists = join(draft, 'apt', 'lists');
  const cache = join(draft, 'apt', 'cache');
  await mkdir(join(lists, 'partial'), { recursive: true });
  await mkdir(join(cache, 'archives', 'partial'), { recursive: true });
  const options = ['-o', `Dir::State::lists=${lists}`, '-o', `Dir::Cache=${cache}`];
  await apt('update', ...options);
  return options;
}

async function findLibraryFolders(root: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const parent of [join(root, 'usr', 'lib'), join(root, 'lib')]) {
    const names = await readdir(parent).catch((): string[] => []);
    found.push(...names.filter((name) => name.includes('-linux-')).map((name) => join(parent, name)));
  }
  return found;
}

/** Names the distribution and its release: packages of one release need not run on another. */
async function systemName(): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const field = (name: string) => release.match(new RegExp(`^${name}="?([\\w.-]+)`, 'm'))?.[1] ?? 'unknown';
  return `${field('ID')}-${field('VERSION_ID')}-${process.arch}`;
}

function apt(...args: readonly string[]): Promise<string> {
  return runCommand('apt-get', args, { env: SPEAK_NO_DIALOG });
}

function progress(text: string): void {
  process.stderr.write(`gone-away tests: ${text} (once) ...\n`);
}

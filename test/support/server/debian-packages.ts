import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../command/run-command.ts';
import { apt, fetchLists, fetchListsOf } from './apt.ts';
import { cachedFolder, cacheFolder } from './cache-folder.ts';
import { withoutExtras } from './install-debian-packages.ts';

export interface DebianPackages {
  readonly packages: readonly string[];
  /** The release to take them from, for example 'trixie' or 'sid'. Default: the machine's own. */
  readonly suite?: string | undefined;
}

/** Where packages were unpacked, and what their programs need in order to run from there; see `unpackedProgram`. */
export interface UnpackedPackages {
  /** What would be `/usr`. */
  readonly prefix: string;
  /** Of all that was unpacked. */
  readonly libraryFolders: readonly string[];
  /** The dynamic loader that belongs to the libraries; undefined when that is the machine's own. */
  readonly loader: string | undefined;
}

/** Only scripts of packages need them, and those are not run here. */
const forScriptsOnly = /^(?:(?:lib)?perl|debconf|dpkg|tar|coreutils|[gm]awk|base-|libc-gconv|init-system|ucf|passwd)/;

/**
 * Downloads packages with those of their dependencies that this machine lacks, and unpacks them into the cache. Of another
 * release that is all of them, down to the C library and its loader. Needs no root, and changes nothing of the machine's own
 * package database. What was unpacked once stays as it is until the cache is deleted.
 *
 * @throws {Error} with apt's last lines when the packages cannot be found or fetched.
 */
export async function unpackDebianPackages({ packages, suite }: DebianPackages): Promise<UnpackedPackages> {
  const release = suite === undefined ? await systemName() : `${suite}-${process.arch}`;
  const folder = await cachedFolder(`debian-${release}-${packages.join('+')}`, async (draft) => {
    const from = suite === undefined ? '' : ` of Debian ${suite}`;
    process.stderr.write(
      `gone-away tests: downloading ${packages.join(' and ')}${from} into ${cacheFolder()} (once) ...\n`,
    );
    const downloads = join(draft, 'downloads');
    const lists = join(draft, 'apt');
    await mkdir(downloads);
    if (suite === undefined) {
      await download(packages, downloads).catch(async () => download(packages, downloads, await fetchLists(lists)));
    } else {
      await download(packages, downloads, await fetchListsOf(suite, lists));
    }
    for (const file of await readdir(downloads)) await runCommand('dpkg', ['-x', join(downloads, file), draft]);
    for (const unneeded of ['downloads', 'apt', 'var', ...documentation]) {
      await rm(join(draft, unneeded), { recursive: true, force: true });
    }
  });
  const libraryFolders = await findLibraryFolders(folder);
  const loader = suite === undefined ? undefined : await findLoader(libraryFolders);
  return { prefix: join(folder, 'usr'), libraryFolders, loader };
}

const documentation = ['doc', 'man', 'info', 'locale', 'lintian', 'bug'].map((name) => join('usr', 'share', name));

async function download(
  packages: readonly string[],
  downloads: string,
  options: readonly string[] = [],
): Promise<void> {
  // --reinstall lists the packages also where they are installed already, otherwise it changes nothing.
  const plan = await apt(['install', '--simulate', '--reinstall', ...withoutExtras, ...options, ...packages]);
  const planned = [...plan.matchAll(/^Inst (\S+)/gm)].map((match) => match[1] ?? '');
  const needed = planned.filter((name) => packages.includes(name) || !forScriptsOnly.test(name));
  await apt(['download', ...options, ...needed], { cwd: downloads });
}

async function findLibraryFolders(root: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const parent of [join(root, 'usr', 'lib'), join(root, 'lib')]) {
    const names = await readdir(parent).catch((): string[] => []);
    found.push(...names.filter((name) => name.includes('-linux-')).map((name) => join(parent, name)));
  }
  return found;
}

/** See ld.so(8); each architecture has a name of its own for it. */
async function findLoader(libraryFolders: readonly string[]): Promise<string> {
  for (const folder of libraryFolders) {
    const name = (await readdir(folder)).find((file) => /^ld(?:-linux.*|64)?\.so\.\d+$/.test(file));
    if (name !== undefined && existsSync(join(folder, name))) return join(folder, name);
  }
  throw new Error(`there is no dynamic loader in ${libraryFolders.join(', ')}`);
}

/** Names the distribution and its release: packages of one release need not run on another. */
async function systemName(): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const field = (name: string) => release.match(new RegExp(`^${name}="?([\\w.-]+)`, 'm'))?.[1] ?? 'unknown';
  return `${field('ID')}-${field('VERSION_ID')}-${process.arch}`;
}

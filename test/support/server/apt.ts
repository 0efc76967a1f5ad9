import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../command/run-command.ts';

const speakNoDialog = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };

/** Where Debian's package `debian-archive-keyring`, which its derivatives have too, puts the keys of all its releases. */
const keyrings = ['gpg', 'pgp'].map((suffix) => `/usr/share/keyrings/debian-archive-keyring.${suffix}`);

/** They get their security fixes by the ordinary way. */
const suitesWithoutSecurity = ['sid', 'unstable', 'experimental'];

/** Runs the machine's own apt-get, and resolves with what it printed. */
export function apt(args: readonly string[], { cwd }: { readonly cwd?: string } = {}): Promise<string> {
  return runCommand('apt-get', args, { ...(cwd === undefined ? {} : { cwd }), env: speakNoDialog });
}

/**
 * Fetches package lists of the machine's own release into `folder`: only root may fetch the machine's, anyone may fetch a
 * copy. Resolves with the options that make apt-get use them.
 */
export async function fetchLists(folder: string): Promise<readonly string[]> {
  return update(folder, {});
}

/**
 * As {@link fetchLists}, those of another release of Debian, as if for a machine on which nothing is installed. All else that
 * the machine's apt is set up with (mirror, proxies, credentials) stays.
 *
 * @param suite for example 'trixie' or 'sid'.
 */
export async function fetchListsOf(suite: string, folder: string): Promise<readonly string[]> {
  const sources = join(folder, 'sources.list');
  const status = join(folder, 'status');
  await mkdir(folder, { recursive: true });
  await writeFile(status, '');
  await writeFile(sources, sourcesOf(suite, await mirrors()));
  return update(folder, {
    'Dir::Etc::sourcelist': sources,
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::preferences': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
    'Dir::State::status': status,
    'Dir::State::extended_states': join(folder, 'extended_states'),
    'APT::Default-Release': '',
    'Acquire::Languages': 'none',
    // Otherwise a list that could not be fetched is a warning, and later on a package that does not exist.
    'APT::Update::Error-Mode': 'any',
  });
}

/** What a sources.list says for a release, from these mirrors. */
export function sourcesOf(suite: string, { main, security }: Mirrors): string {
  const keyring = keyrings.find((path) => existsSync(path));
  if (keyring === undefined) {
    throw new Error(`there are no keys of Debian in ${keyrings[0]}: apt-get install debian-archive-keyring`);
  }
  const lines = [`deb [signed-by=${keyring}] ${main} ${suite} main`];
  if (!suitesWithoutSecurity.includes(suite)) {
    lines.push(`deb [signed-by=${keyring}] ${security} ${suite}-security main`);
  }
  return lines.map((line) => `${line}\n`).join('');
}

interface Mirrors {
  readonly main: string;
  readonly security: string;
}

/** The mirrors that the machine's apt uses, whatever release it takes from them. */
async function mirrors(): Promise<Mirrors> {
  const printed = await apt(['indextargets', '--format', '$(REPO_URI)']).catch(() => '');
  return mirrorsAmong(printed.split('\n'));
}

/** Also a snapshot's address, and the list of mirrors that Debian's images for clouds have, say in their last words what they hold. */
export function mirrorsAmong(addresses: readonly string[]): Mirrors {
  const ending = (name: string) =>
    addresses
      .find((address) => new RegExp(`/${name}(?:\\.list|/\\d{8}T\\d{6}Z)?/?$`).test(address))
      ?.replace(/\/$/, '');
  const main = ending('debian');
  if (main === undefined) throw new Error('apt on this machine is not set up with a mirror of Debian');
  return { main, security: ending('debian-security') ?? `${main}-security` };
}

async function update(folder: string, settings: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const lists = join(folder, 'lists');
  const cache = join(folder, 'cache');
  await mkdir(join(lists, 'partial'), { recursive: true });
  await mkdir(join(cache, 'archives', 'partial'), { recursive: true });
  const options = Object.entries({ ...settings, 'Dir::State::lists': lists, 'Dir::Cache': cache, ...unconfined() });
  const flags = options.flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  await apt(['update', ...flags]);
  return flags;
}

/** Root's apt downloads as another user, who cannot write into a cache of root's. */
function unconfined(): Readonly<Record<string, string>> {
  return process.getuid?.() === 0 ? { 'APT::Sandbox::User': 'root' } : {};
}

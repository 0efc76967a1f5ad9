import { apt } from './apt.ts';
import { withLock } from './cache-folder.ts';

/** What a package merely recommends stays away. */
export const withoutExtras: readonly string[] = ['--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120'];

/**
 * Installs packages with the machine's own apt; needs root.
 *
 * @throws {Error} with apt's last lines when that fails even after the package lists were fetched anew.
 */
export async function installDebianPackages(packages: readonly string[]): Promise<void> {
  await withLock('apt', async () => {
    process.stderr.write(`gone-away tests: installing ${packages.join(' and ')} with apt-get (once) ...\n`);
    const install = () => apt(['install', '-y', ...withoutExtras, ...packages]);
    // Lists that were never fetched and lists too old to download from fail alike, and the same step helps both.
    await install().catch(async () => {
      await apt(['update']);
      await install();
    });
  });
}

import { join } from 'node:path';
import type { UnpackedPackages } from './debian-packages.ts';

/** How a program is started, which is not always by its own path alone. */
export interface Command {
  readonly program: string;
  /** Come before all other arguments. */
  readonly leadingArgs: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/**
 * How to run a program of unpacked packages.
 *
 * @param path the program's, below `/usr`, for example 'sbin/haproxy'.
 * @param moreLibraries folders below `/usr` in which it has libraries of its own.
 */
export function unpackedProgram(
  { prefix, libraryFolders, loader }: UnpackedPackages,
  path: string,
  moreLibraries: readonly string[] = [],
): Command {
  const folders = [...moreLibraries.map((folder) => join(prefix, folder)), ...libraryFolders];
  const file = join(prefix, path);
  if (loader !== undefined) {
    // Not by LD_LIBRARY_PATH, which the machine's own programs, if this one starts any, would inherit: with another release's
    // C library they crash. Not with what the machine's cache of libraries names either: a missing one shall be missed.
    const leadingArgs = ['--inhibit-cache', '--library-path', folders.join(':'), file];
    return { program: loader, leadingArgs, env: process.env };
  }
  const own = process.env.LD_LIBRARY_PATH ?? '';
  const libraries = own === '' ? folders : [...folders, own];
  const env = libraries.length === 0 ? process.env : { ...process.env, LD_LIBRARY_PATH: libraries.join(':') };
  return { program: file, leadingArgs: [], env };
}

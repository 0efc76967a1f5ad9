import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../support/command/run-command.ts';

/** What `npm publish` would send. */
export interface PackedPackage {
  readonly tarball: string;
  /** The paths in it, as they are in the repository, with `/`. */
  readonly paths: readonly string[];
  readonly packedBytes: number;
  readonly unpackedBytes: number;
  /** The text of one file in it. */
  read(path: string): Promise<string>;
}

interface PackReport {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

/**
 * Packs what has been built; builds nothing itself.
 *
 * @param root the folder of package.json
 * @param destination where the tarball is put
 */
export async function packPackage(root: string, destination: string): Promise<PackedPackage> {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', destination];
  const [report] = JSON.parse(await runCommand('npm', args, { cwd: root })) as readonly PackReport[];
  if (report === undefined) throw new Error('npm pack has packed nothing');
  return {
    tarball: join(destination, report.filename),
    paths: report.files.map(({ path }) => path),
    packedBytes: report.size,
    unpackedBytes: report.unpackedSize,
    read: (path) => readFile(join(root, path), 'utf8'),
  };
}

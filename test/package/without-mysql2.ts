import { copyFile, mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../support/command/run-command.ts';

const consumer = fileURLToPath(new URL('extension-user.ts', import.meta.url));

/** What npm would install beside the package, and what the compiler needs. Neither mysql2 nor an ORM. */
const present = ['p-retry', '@types/node'];

const compilerOptions = {
  target: 'es2023',
  lib: ['es2023'],
  module: 'nodenext',
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  // The declarations of the package are held against what is installed, and not only the program that uses them.
  skipLibCheck: false,
};

/**
 * Installs the package where there is no mysql2, and there compiles and runs a program that uses the extension alone.
 *
 * @param root where the package was packed, whose node_modules are lent
 * @param folder an empty one, with no node_modules in a folder around it
 * @throws Error with what the compiler or the program printed
 */
export async function useWithoutMysql2(tarball: string, root: string, folder: string): Promise<void> {
  const modules = join(folder, 'node_modules');
  await mkdir(join(modules, 'gone-away'), { recursive: true });
  await runCommand('tar', ['-xzf', tarball, '-C', join(modules, 'gone-away'), '--strip-components=1']);
  for (const name of present) {
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(await realpath(join(root, 'node_modules', name)), join(modules, name), 'junction');
  }
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  await copyFile(consumer, join(folder, 'extension-user.ts'));
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  await runCommand(process.execPath, [compiler, '-p', folder], { cwd: folder });
  await runCommand(process.execPath, [join(folder, 'extension-user.js')], { cwd: folder });
}

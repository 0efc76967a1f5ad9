import { copyFile, cp, mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runCommand } from '../support/command/run-command.ts';

const module = 'test/package/client-exporter.ts';

/** What npm would install beside the package. */
const present = ['p-retry', 'mysql2', 'drizzle-orm', '@prisma/client', '@types/node'];

const compilerOptions = {
  target: 'es2023',
  lib: ['es2023'],
  module: 'nodenext',
  types: ['node'],
  strict: true,
  declaration: true,
  rewriteRelativeImportExtensions: true,
  outDir: 'compiled',
  rootDir: '.',
  // Those of the ORMs are not ours to judge.
  skipLibCheck: true,
};

/**
 * Installs the package beside mysql2 and the ORMs, and compiles a module that exports clients, with declarations of its own.
 *
 * @param root where the package was packed, whose node_modules are lent
 * @param folder an empty one, with no node_modules in a folder around it
 * @throws Error with what the compiler printed
 */
export async function compileDeclarations(tarball: string, root: string, folder: string): Promise<void> {
  const modules = join(folder, 'node_modules');
  await mkdir(join(modules, 'gone-away'), { recursive: true });
  await runCommand('tar', ['-xzf', tarball, '-C', join(modules, 'gone-away'), '--strip-components=1']);
  for (const name of present) {
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(await realpath(join(root, 'node_modules', name)), join(modules, name), 'junction');
  }
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [module] }));
  await mkdir(join(folder, dirname(module)), { recursive: true });
  await copyFile(join(root, module), join(folder, module));
  await cp(join(root, 'prisma/generated'), join(folder, 'prisma/generated'), { recursive: true });
  await runCommand(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder], { cwd: folder });
}

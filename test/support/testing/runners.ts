import { cp, mkdir, readFile, realpath, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../command/run-command.ts';
import { cachedFolder } from '../server/cache-folder.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** What the example imports, and what compiles it. */
const present = ['p-retry', 'mysql2', 'drizzle-orm', 'vitest', '@types/node'];

const compilerOptions = {
  target: 'es2023',
  lib: ['es2023'],
  module: 'nodenext',
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
};

/** The version that is fetched. It is no dependency: it has 278 packages, for one test. */
const jestVersion = '30.5.2';

/** @throws Error where it is not in the cache, and cannot be fetched */
export function installJest(): Promise<string> {
  return cachedFolder(`jest-${jestVersion}`, async (folder) => {
    await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true }));
    const quiet = ['--no-audit', '--no-fund', '--ignore-scripts'];
    await runCommand('npm', ['install', ...quiet, `jest@${jestVersion}`], { cwd: folder });
  });
}

export interface Project {
  readonly folder: string;
  readonly testFile: string;
}

/** The page that shows how it is done, and the file that a block of it is, by the sentence in front. */
const page = join(root, 'docs/testing.md');
const block = /`([\w.]+)`:\n\n```ts\n(.*?)^```$/gms;

/** Installs this package beside mysql2 and Drizzle in a folder, as built from its sources, and compiles the files of the page against it. */
export async function makeProject(folder: string): Promise<Project> {
  const installed = join(folder, 'node_modules/gone-away');
  await mkdir(installed, { recursive: true });
  await cp(join(root, 'package.json'), join(installed, 'package.json'));
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const dist = join(installed, 'dist');
  await runCommand(process.execPath, [compiler, '-p', join(root, 'tsconfig.build.json'), '--outDir', dist], {
    cwd: root,
  });
  // Of two folders, esbuild takes the later one.
  await runCommand('npm', ['run', '--silent', 'bundle', '--', `--outdir=${dist}`], { cwd: root });
  for (const name of present) {
    const link = join(folder, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(await realpath(join(root, 'node_modules', name)), link, 'junction');
  }
  const files = [...(await readFile(page, 'utf8')).matchAll(block)].map(([, name = '', text = '']) => ({ name, text }));
  for (const { name, text } of files) await writeFile(join(folder, name), text);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: files.map(({ name }) => name) }),
  );
  await runCommand(process.execPath, [compiler, '-p', folder], { cwd: folder });
  return { folder, testFile: join(folder, 'transfer.test.js') };
}

export type Runner = 'vitest' | 'node:test' | '@jest/globals';

/** Runs the example under a runner. @throws Error with the last lines of what that printed, if a test has failed */
export async function runExample(project: Project, runner: Runner, env: NodeJS.ProcessEnv): Promise<string> {
  const { folder, testFile } = project;
  const text = await readFile(testFile, 'utf8');
  const own = testFile.replace('.test.js', `-${runner.replaceAll(/\W/g, '-')}.test.js`);
  await writeFile(own, text.replace("from 'vitest'", `from '${runner}'`));
  // What vitest tells its own processes is not for the one inside.
  const inherited = Object.entries(process.env).filter(([name]) => !/^VITEST|^TEST$|^NODE_ENV$|^NODE_/.test(name));
  const options = { cwd: folder, env: { ...Object.fromEntries(inherited), NO_COLOR: '1', ...env } };
  return runCommand(process.execPath, await argumentsOf(runner, folder, own), options);
}

async function argumentsOf(runner: Runner, folder: string, file: string): Promise<readonly string[]> {
  if (runner === 'node:test') return ['--test', '--test-reporter=tap', file];
  if (runner === 'vitest') return [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--root', folder, file];
  const jest = join(await installJest(), 'node_modules/jest/bin/jest.js');
  const config = JSON.stringify({ rootDir: folder, testMatch: ['**/*.test.js'], transform: {} });
  return ['--experimental-vm-modules', jest, '--config', config, file];
}

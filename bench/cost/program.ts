import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { guard, release } from '../../test/support/server/watchdog.ts';

export interface Program {
  readonly file: string;
  remove(): Promise<void>;
}

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The program of a contender's process in plain JavaScript: valgrind would run what makes that of TypeScript, too. */
export async function buildProgram(): Promise<Program> {
  // In this package, where its own name and those of others are found.
  await mkdir(join(root, '.cache'), { recursive: true });
  const folder = await mkdtemp(join(root, '.cache', 'bench-cost-'));
  guard(folder);
  await build({
    entryPoints: { contender: join(root, 'bench/cost/contender-process.ts') },
    ...{ absWorkingDir: root, outdir: folder, outExtension: { '.js': '.mjs' } },
    // A contender loads what is its own, and nothing of the others.
    ...{ bundle: true, splitting: true, format: 'esm', platform: 'node', packages: 'external', logLevel: 'error' },
  });
  return {
    file: join(folder, 'contender.mjs'),
    remove: async () => {
      await rm(folder, { recursive: true, force: true });
      release(folder);
    },
  };
}

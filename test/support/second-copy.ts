import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type { withResilience as withResilientDatabase } from '../../adapters/drizzle/index.ts';
import type { transaction, withResilience } from '../../adapters/mysql2/index.ts';
import type { PrismaMySQL2 } from '../../adapters/prisma/adapter/index.ts';
import type { resilience } from '../../adapters/prisma/index.ts';

export interface SecondCopy {
  readonly transaction: typeof transaction;
  readonly withResilience: typeof withResilience;
  readonly withResilientDatabase: typeof withResilientDatabase;
  readonly PrismaMySQL2: typeof PrismaMySQL2;
  readonly resilience: typeof resilience;
}

const root = fileURLToPath(new URL('../../', import.meta.url));

/** This package once more, with modules of its own, on the same mysql2 and the same ORMs: as a program has it that a bundler has seen a part of. */
export async function loadSecondCopy(): Promise<SecondCopy> {
  // Where the packages are found that are left out.
  const folder = await mkdtemp(join(root, 'node_modules', '.second-copy-'));
  const outfile = join(folder, 'copy.mjs');
  try {
    await build({
      stdin: {
        contents: `export { transaction, withResilience } from './adapters/mysql2/index.ts';
          export { withResilience as withResilientDatabase } from './adapters/drizzle/index.ts';
          export { PrismaMySQL2 } from './adapters/prisma/adapter/index.ts';
          export { resilience } from './adapters/prisma/index.ts';`,
        resolveDir: root,
        loader: 'ts',
      },
      outfile,
      bundle: true,
      minify: true,
      platform: 'node',
      format: 'esm',
      external: ['mysql2', 'drizzle-orm', '@prisma/*'],
      logLevel: 'silent',
    });
    return (await import(pathToFileURL(outfile).href)) as SecondCopy;
  } finally {
    await rm(folder, { recursive: true });
  }
}

import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { createPool } from 'mysql2/promise';
import type { createLedger, transaction, withResilience } from '../../../adapters/mysql2/index.ts';

/** What a program has of this package and of mysql2. */
export interface Bundle {
  readonly createPool: typeof createPool;
  readonly createLedger: typeof createLedger;
  readonly transaction: typeof transaction;
  readonly withResilience: typeof withResilience;
}

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** This package and mysql2 in one minified file, as people deploy their programs: no class or function has the name that it was written with. */
export async function loadBundle(): Promise<Bundle> {
  const folder = await mkdtemp(join(tmpdir(), 'gone-away-bundle-'));
  const outfile = join(folder, 'program.cjs');
  try {
    await build({
      stdin: {
        contents: `export { createPool } from 'mysql2/promise';
          export { createLedger, transaction, withResilience } from './adapters/mysql2/index.ts';`,
        resolveDir: root,
        loader: 'ts',
      },
      outfile,
      bundle: true,
      minify: true,
      platform: 'node',
      format: 'cjs',
      logLevel: 'silent',
    });
    return createRequire(import.meta.url)(outfile) as Bundle;
  } finally {
    await rm(folder, { recursive: true });
  }
}

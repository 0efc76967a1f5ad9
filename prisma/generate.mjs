/**
 * Generates the client of the tests, the demo and the examples into `prisma/generated`, when it is missing or older than the schema.
 *
 * `prisma generate` needs no engine, but the CLI downloads its schema engine before it looks at the command. It takes any executable that
 * PRISMA_SCHEMA_ENGINE_BINARY names instead, and never starts it here; so this works with no access to Prisma's download host. The
 * variable is set for this one command only: another command would fail silently with it.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const { resolve } = createRequire(import.meta.url);
const packageFile = resolve('prisma/package.json');
const { version, bin } = JSON.parse(readFileSync(packageFile, 'utf8'));
const stampFile = join(folder, 'generated', 'stamp');
const stamp = createHash('sha256')
  .update(version)
  .update(readFileSync(join(folder, 'schema.prisma')))
  .digest('hex');

if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== stamp) {
  const { status, error, stdout, stderr } = spawnSync(
    process.execPath,
    [join(dirname(packageFile), bin.prisma), 'generate', '--no-hints'],
    {
      cwd: dirname(folder),
      encoding: 'utf8',
      env: {
        ...process.env,
        PRISMA_SCHEMA_ENGINE_BINARY: process.env.PRISMA_SCHEMA_ENGINE_BINARY ?? process.execPath,
        PRISMA_HIDE_UPDATE_MESSAGE: '1',
        CHECKPOINT_DISABLE: '1',
      },
    },
  );
  if (error !== undefined || status !== 0) {
    process.stderr.write(`${stdout}${stderr}`);
    throw error ?? new Error(`prisma generate ended with ${status}`);
  }
  writeFileSync(stampFile, stamp);
}

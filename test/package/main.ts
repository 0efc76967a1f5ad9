import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommandLine, UsageError } from '../support/command/command-line.ts';
import { exceededBundles, measureBundles } from './bundled-size.ts';
import { deadLinks } from './dead-links.ts';
import { compileDeclarations } from './declarations.ts';
import { measureImport } from './import-time.ts';
import { exceededLimits, secretsIn, unexpectedPaths } from './package-contents.ts';
import { type PackedPackage, packPackage } from './packed-package.ts';
import { misplacedSources } from './source-maps.ts';
import { useWithoutMysql2 } from './without-mysql2.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

const usage = `Usage: tsx test/package/main.ts, after npm run build

Packs the package as it would be published, and looks at what is in it: how much, that all of it belongs there, that its links and its source
maps lead to files in it, what each entry adds to a program that is bundled. Installs it in a folder without mysql2 and uses the extension for Prisma there. Then in one with mysql2 and the ORMs, where a
module that exports its clients is compiled with declarations.
`;

async function checkPackage(): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'gone-away-package-'));
  try {
    const packed = await packPackage(root, folder);
    const { paths, packedBytes, unpackedBytes } = packed;
    process.stdout.write(`${paths.length} files, ${packedBytes} bytes packed, ${unpackedBytes} bytes unpacked\n`);
    const bundles = await measureBundles(root);
    const findings = [
      ...exceededLimits(packed),
      ...exceededBundles(bundles),
      ...unexpectedPaths(paths),
      ...(await findingsInFiles(packed)),
    ];
    for (const finding of findings) process.stderr.write(`${finding}\n`);
    const scratch = join(folder, 'scratch');
    await mkdir(scratch);
    await useWithoutMysql2(packed.tarball, root, scratch);
    const exporting = join(folder, 'exporting');
    await mkdir(exporting);
    await compileDeclarations(packed.tarball, root, exporting);
    for (const [name, { size, imports }] of bundles) {
      const time = await measureImport(name, imports, exporting);
      process.stdout.write(`${name}: ${size} bytes minified and compressed, loaded in ${time.toFixed(1)} ms\n`);
    }
    return findings.length === 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function findingsInFiles({ paths, read }: PackedPackage): Promise<readonly string[]> {
  const files = await Promise.all(paths.map(async (path) => [path, await read(path)] as const));
  const pages = new Map(files.filter(([path]) => path.endsWith('.md')));
  return [
    ...deadLinks(pages, paths),
    ...files.flatMap(([path, text]) => secretsIn(path, text)),
    ...files.flatMap(([path, text]) => (path.endsWith('.map') ? misplacedSources(path, text, paths) : [])),
  ];
}

function parse(args: readonly string[]): 'help' | undefined {
  if (args[0] === '--help') return 'help';
  if (args.length > 0) throw new UsageError(`unexpected ${args[0]}`);
  return undefined;
}

await runCommandLine({ usage, parse, run: checkPackage });

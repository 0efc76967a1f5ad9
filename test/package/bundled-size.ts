import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** Bytes, minified and compressed, without the peers: what it was when these were last set, and 10 % more. */
export const bundledLimits: Readonly<Record<string, number>> = {
  '.': 21_000,
  './mysql2': 75_000,
  './drizzle': 73_000,
  './prisma': 35_000,
  './prisma/adapter': 82_000,
  './testing': 8_200,
};

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

/** What an entry adds to a program that is bundled and minified. */
export interface Bundle {
  /** In bytes after gzip, without dependencies and peers. */
  readonly size: number;
  /** What it imports of those, and of Node.js. */
  readonly imports: readonly string[];
}

/** By the names of the entries, as in `exports` of package.json. */
export async function measureBundles(root: string): Promise<ReadonlyMap<string, Bundle>> {
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Manifest;
  const others = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  const bundles = new Map<string, Bundle>();
  for (const [name, entry] of Object.entries(manifest.exports)) {
    if (typeof entry === 'string') continue;
    const { outputFiles, metafile } = await build({
      entryPoints: [join(root, entry.default)],
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'node',
      external: others.flatMap((other) => [other, `${other}/*`]),
      write: false,
      metafile: true,
      logLevel: 'error',
    });
    const [output] = Object.values(metafile.outputs);
    bundles.set(name, {
      size: gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length,
      imports: output?.imports.map(({ path }) => path) ?? [],
    });
  }
  return bundles;
}

/** What is too large, or has no limit, as sentences. */
export function exceededBundles(bundles: ReadonlyMap<string, Pick<Bundle, 'size'>>): readonly string[] {
  return [...bundles].flatMap(([name, { size }]) => {
    const limit = bundledLimits[name] ?? 0;
    return size > limit ? [`bundling ${name}: at most ${limit} bytes are expected, it takes ${size}`] : [];
  });
}

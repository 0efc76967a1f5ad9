import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Packages that a program has in its bundle. All that import them in this run import the bundle's copy. */
export const bundledPackages = [
  'mysql2',
  'mysql2/promise',
  'drizzle-orm',
  'drizzle-orm/mysql2',
  'drizzle-orm/mysql-core',
] as const;

/** The module of this package that a path names, from the root; undefined for all other files. */
export function ownModule(path: string): string | undefined {
  const module = relative(root, path);
  return /^(?:src|adapters)\/.*\.ts$/.test(module) ? module : undefined;
}

/** Where a module of this package, or one of {@link bundledPackages}, is in the bundle. */
export function fileInBundle(folder: string, module: string): string {
  return join(folder, `${module.replace(/\.ts$/, '')}.mjs`);
}

/** ES modules import the single exports of mysql2 by name, and esbuild gives only one default export to a module that is CommonJS. */
async function reexport(name: string): Promise<string> {
  const { default: commonJs, ...named } = (await import(name)) as Record<string, unknown>;
  const names = Object.keys(named).filter((key) => /^[A-Za-z_]\w*$/.test(key));
  if (commonJs === undefined) return `export * from '${name}';`;
  return `import whole from '${name}'; export default whole; export const { ${names} } = whole;`;
}

/**
 * This package with all that is its own, mysql2 and Drizzle as people deploy their programs: bundled, and so minified that no class or function keeps the name
 * that it was written with. Each module that a test may ask for is an entry of one and the same bundle, and so there is one copy of everything.
 *
 * @param folder where the files of the bundle go
 */
export async function buildBundle(folder: string): Promise<void> {
  const own = ['src', 'adapters'].flatMap((top) =>
    readdirSync(join(root, top), { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => relative(root, join(entry.parentPath, entry.name))),
  );
  await build({
    entryPoints: Object.fromEntries([
      ...own.map((module) => [module.replace(/\.ts$/, ''), module]),
      ...bundledPackages.map((name) => [name, `bundled:${name}`]),
    ]),
    plugins: [
      {
        name: 'bundled-packages',
        setup: ({ onResolve, onLoad }) => {
          onResolve({ filter: /^bundled:/ }, ({ path }) => ({
            path: path.slice('bundled:'.length),
            namespace: 'bundled',
          }));
          onLoad({ filter: /./, namespace: 'bundled' }, async ({ path }) => ({
            contents: await reexport(path),
            resolveDir: root,
          }));
        },
      },
    ],
    absWorkingDir: root,
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    // What mysql2 requires of Node.js.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'error',
  });
}

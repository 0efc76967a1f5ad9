import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Plugin } from 'vitest/config';
import { buildBundle, bundledPackages, fileInBundle, ownModule } from './build-bundle.ts';

/** How the folder of a bundle begins. Node.js itself has to load it: Vite would make other code of it. */
export const bundleFolder = 'gone-away-bundle-';

/** For Vite: what tests import of this package, of mysql2 and of Drizzle comes from a bundle, made at the first import. */
export function importBundle(): Plugin {
  let folder: Promise<string> | undefined;
  const bundle = async (): Promise<string> => {
    const made = await mkdtemp(join(tmpdir(), bundleFolder));
    await buildBundle(made);
    return made;
  };
  return {
    name: 'import-bundle',
    enforce: 'pre',
    async resolveId(source, importer) {
      const module = moduleOf(source, importer);
      if (module === undefined) return undefined;
      folder ??= bundle();
      return { id: fileInBundle(await folder, module), external: true };
    },
    async buildEnd() {
      if (folder !== undefined) await rm(await folder, { recursive: true, force: true });
      folder = undefined;
    },
  };
}

function moduleOf(source: string, importer: string | undefined): string | undefined {
  if (importer !== undefined && source.startsWith('.')) return ownModule(resolve(dirname(importer), source));
  return bundledPackages.find((name) => name === source);
}

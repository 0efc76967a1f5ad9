import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What each room may import besides its own files. */
const allowed: Readonly<Record<string, { readonly rooms: readonly string[]; readonly packages: RegExp }>> = {
  src: { rooms: [], packages: /^(node:|p-retry$)/ },
  'adapters/mysql2': { rooms: ['src/index.ts'], packages: /^(node:|mysql2(\/|$))/ },
  'adapters/prisma': {
    rooms: ['src/index.ts', 'adapters/mysql2/'],
    packages: /^(node:|mysql2(\/|$)|@prisma\/client(\/|$))/,
  },
  'adapters/drizzle': { rooms: ['src/index.ts', 'adapters/mysql2/'], packages: /^(node:|drizzle-orm(\/|$))/ },
};

interface Import {
  readonly file: string;
  readonly target: string;
}

function importsOf(room: string): readonly Import[] {
  return readdirSync(join(root, room), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .flatMap((entry) => {
      const file = join(entry.parentPath, entry.name);
      const text = readFileSync(file, 'utf8');
      return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, specifier = '']) => ({
        file: relative(root, file),
        target: specifier.startsWith('.') ? relative(root, resolve(dirname(file), specifier)) : specifier,
      }));
    });
}

describe('imports go one way', () => {
  it.each(Object.entries(allowed))('%s imports only what it may', (room, { rooms, packages }) => {
    const imports = importsOf(room);
    expect(imports.length).toBeGreaterThan(5);
    const forbidden = imports.filter(
      ({ target }) =>
        !target.startsWith(`${room}/`) && !rooms.some((other) => target.startsWith(other)) && !packages.test(target),
    );
    expect(forbidden).toEqual([]);
  });

  it('only the executor imports p-retry', () => {
    const importers = importsOf('src').filter(({ target }) => target === 'p-retry');
    expect(importers.map(({ file }) => file)).toEqual(['src/executor.ts']);
  });

  it('the internals of mysql2, and those of Prisma, have one room each: by their underscore', () => {
    const touching = ['adapters/mysql2', 'adapters/drizzle', 'adapters/prisma']
      .flatMap((room) => readdirSync(join(root, room)).map((name) => `${room}/${name}`))
      .filter((file) => /(\.|')_[a-z]\w+/.test(readFileSync(join(root, file), 'utf8')));
    expect(touching).toEqual(['adapters/mysql2/driver.ts', 'adapters/prisma/prisma-internals.ts']);
  });
});

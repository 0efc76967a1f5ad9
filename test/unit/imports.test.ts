import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Room, rooms } from './rooms.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Import {
  readonly file: string;
  readonly target: string;
}

const files = ['src', 'adapters'].flatMap((folder) =>
  readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name))),
);

const imports: readonly Import[] = files.flatMap((file) => {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, specifier = '']) => ({
    file,
    target: specifier.startsWith('.') ? relative(root, resolve(root, dirname(file), specifier)) : specifier,
  }));
});

/** By the folder: files in a folder below it stand in another room. */
function isIn(file: string, room: string): boolean {
  return `${dirname(file)}/` === room;
}

function isAllowed({ target }: Import, { room, imports: others, packages }: Room): boolean {
  if (!files.includes(target)) {
    return packages.some((name) => target === name || target.startsWith(name.endsWith(':') ? name : `${name}/`));
  }
  return isIn(target, room) || others.some((other) => target === other || isIn(target, other));
}

describe('imports go one way', () => {
  it('every file stands in one room of the table', () => {
    const counts = files.map((file) => [file, rooms.filter(({ room }) => isIn(file, room)).length] as const);
    expect(counts.filter(([, count]) => count !== 1)).toEqual([]);
  });

  it.each(rooms)('$room imports only what its row names', (row) => {
    const own = imports.filter(({ file }) => isIn(file, row.room));
    expect(own.length).toBeGreaterThan(0);
    expect(own.filter((one) => !isAllowed(one, row))).toEqual([]);
  });

  it('no room of the table imports one that imports it', () => {
    const opens = (row: Room, other: Room) =>
      row.imports.some((name) => name === other.room || (name.endsWith('.ts') && isIn(name, other.room)));
    const facing = rooms.filter((row) => rooms.some((other) => opens(row, other) && opens(other, row)));
    // Of the files in src/ itself, these rooms name the single ones that they stand on.
    const grounded = ['src/codes/', 'src/policy/', 'src/transaction/', 'src/'];
    expect(facing.map(({ room }) => room).filter((room) => !grounded.includes(room))).toEqual([]);
  });

  it('no file reaches itself', () => {
    const targets = new Map(
      files.map((file) => [file, imports.filter((one) => one.file === file).map(({ target }) => target)]),
    );
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' > '));
      if (path.includes(file) || done.has(file)) return;
      for (const target of targets.get(file) ?? []) visit(target, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(circles).toEqual([]);
  });

  it('only what runs the retries imports p-retry', () => {
    const importers = imports.filter(({ target }) => target === 'p-retry');
    expect(importers.map(({ file }) => file)).toHaveLength(1);
  });

  it('the internals of mysql2, and those of Prisma, have their own files: by their underscore', () => {
    const touching = files
      .filter((file) => file.startsWith('adapters/') && !file.startsWith('adapters/mysql2/driver/'))
      .filter((file) => /(\.|')_[a-z]\w+/.test(readFileSync(join(root, file), 'utf8')));
    expect(touching.sort()).toEqual([
      'adapters/mysql2/prepared/prepared-execution.ts',
      'adapters/prisma/extension/prisma-internals.ts',
    ]);
  });
});

describe('docs/architecture.md', () => {
  const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');

  it.each(rooms)('shows $room as it is', ({ room, about, imports: others }) => {
    const names = others.map((name) => `\`${name}\``).join(', ');
    expect(page).toContain(`| \`${room}\` | ${about} | ${names === '' ? 'nothing' : names} |`);
  });

  it('shows no other room', () => {
    expect(page.match(/^\| `(src|adapters)\//gm)).toHaveLength(rooms.length);
  });
});

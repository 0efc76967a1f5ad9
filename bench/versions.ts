import { readFileSync } from 'node:fs';

const packages = [
  'mysql2',
  'drizzle-orm',
  '@prisma/client',
  '@prisma/adapter-mariadb',
  'kysely',
  'p-retry',
  'aws-advanced-nodejs-wrapper',
  'knex',
  'mariadb',
];

/** The versions of what can be measured, of the packages that are here. */
export function versionsHere(): Readonly<Record<string, string>> {
  return Object.fromEntries(packages.flatMap((name) => versionOf(name).map((version) => [name, version])));
}

/** Read from where it lies: not every package exports its package.json. */
function versionOf(name: string): readonly string[] {
  try {
    const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
    return [(JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version];
  } catch {
    return [];
  }
}

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PrismaMySQL2 } from '../../adapters/prisma/adapter/index.ts';
import { resilience } from '../../adapters/prisma/index.ts';

const schema = `
generator client {
  provider               = "prisma-client"
  output                 = "./client"
  moduleFormat           = "esm"
  generatedFileExtension = "ts"
  importFileExtension    = "ts"
}

datasource db {
  provider = "postgresql"
}

model Item {
  id Int @id
}
`;

interface Client {
  readonly item: { findMany(): Promise<unknown> };
  $extends(extension: unknown): unknown;
}

/** A client of Prisma's own making, for PostgreSQL. It has to lie where the packages of this project are found. */
const generated = fileURLToPath(new URL('../../prisma/generated/', import.meta.url));
let folder: string;
let PrismaClient: new (options: object) => Client;

beforeAll(async () => {
  await mkdir(generated, { recursive: true });
  folder = await mkdtemp(join(generated, 'postgresql-'));
  await writeFile(join(folder, 'schema.prisma'), schema);
  const { resolve } = createRequire(import.meta.url);
  const cli = join(dirname(resolve('prisma/package.json')), 'build', 'index.js');
  // See prisma/generate.mjs for the variable.
  const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' };
  const options = ['generate', '--no-hints', '--schema', join(folder, 'schema.prisma')];
  await promisify(execFile)(process.execPath, [cli, ...options], { env });
  ({ PrismaClient } = await import(pathToFileURL(join(folder, 'client', 'client.ts')).href));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const elsewhere = {
  provider: 'postgres',
  adapterName: 'elsewhere',
  connect: () => expect.unreachable('nothing is to be sent'),
};

test('the extension refuses a client that is not on MySQL', () => {
  const prisma = new PrismaClient({ adapter: elsewhere });
  expect(() => prisma.$extends(resilience())).toThrow(TypeError);
  expect(() => prisma.$extends(resilience())).toThrow(
    'Expected a client of Prisma on MySQL or MariaDB, got one on postgresql',
  );
});

test('Prisma itself refuses the driver adapter for a schema that is not for MySQL', () => {
  const adapter = new PrismaMySQL2('mysql://nobody@127.0.0.1:1/nothing');
  expect(() => new PrismaClient({ adapter })).toThrow(
    /`gone-away\/prisma`.* is not compatible with the provider `postgres`/,
  );
});

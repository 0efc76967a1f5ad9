import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { differences } from '../support/prisma/differences.ts';
import { errorOperations } from '../support/prisma/error-operations.ts';
import { modelOperations } from '../support/prisma/model-operations.ts';
import { createOneWay, type OneWay } from '../support/prisma/one-way.ts';
import type { Operation } from '../support/prisma/operation.ts';
import { outcomeOf } from '../support/prisma/outcome.ts';
import { rawOperations } from '../support/prisma/raw-operations.ts';
import { transactionOperations } from '../support/prisma/transaction-operations.ts';
import { typeOperations } from '../support/prisma/type-operations.ts';
import { notOurs, type Server, startServer } from '../support/server/server.ts';

const groups: Readonly<Record<string, readonly Operation[]>> = {
  types: typeOperations,
  'raw queries': rawOperations,
  models: modelOperations,
  transactions: transactionOperations,
  errors: errorOperations,
  differences,
};

interface Otherwise {
  readonly name: string;
  /** A part of what comes out as text. */
  readonly written: unknown;
  /** Words of the README of the adapter, which says why. */
  readonly readme: string;
  /** Default: both. */
  readonly on?: 'mariadb' | 'mysql';
}

const otherwise: readonly Otherwise[] = [
  { name: 'SELECT PI()', written: { value: [{ value: Number(Math.PI.toFixed(6)) }] }, readme: 'PI()' },
  {
    name: 'a parameter: an integer',
    written: { value: [{ value: 42 }] },
    readme: 'computes with 32 bits',
    on: 'mariadb',
  },
  { name: 'raw: too many parameters', written: { error: { code: 'P2010' } }, readme: 'as many values as placeholders' },
  {
    name: 'too few parameters',
    written: { error: { cause: { code: 1461 } } },
    readme: 'as many values as placeholders',
  },
  {
    name: 'a number out of range in an expression',
    written: { error: { code: 'P2020' } },
    readme: 'messages that quote an expression',
    on: 'mysql',
  },
];

const readme = readFileSync(new URL('../../adapters/prisma/README.md', import.meta.url), 'utf8');

const servers: Server[] = [];
let [prepared, text]: OneWay[] = [];

beforeAll(async () => {
  const noRoom = ['--max-prepared-stmt-count=0'];
  servers.push(await startServer({ name: 'prepared' }), await startServer({ name: 'text', flags: noRoom }));
  [prepared, text] = await Promise.all(servers.map((server) => createOneWay(server)));
});

afterAll(async () => {
  await Promise.all([prepared?.close(), text?.close()]);
  await Promise.all(servers.map((server) => server.destroy()));
});

beforeEach(async ({ skip }) => {
  for (const server of servers) skip(...notOurs(server, 'it can prepare statements'));
  await Promise.all([prepared?.reset(), text?.reset()]);
});

describe.each(Object.keys(groups))('where nothing can be prepared, the same comes out: %s', (group) => {
  it.each((groups[group] ?? []).map((operation) => [operation.name, operation] as const))(
    '%s',
    async (name, { run }) => {
      const [binary, written] = await Promise.all(
        [prepared, text].map((way) => outcomeOf(async () => way && run(way.prisma, way.sql))),
      );
      const differs = otherwise.find((each) => each.name === name);
      if (differs === undefined || (differs.on ?? servers[0]?.kind) !== servers[0]?.kind) {
        expect(written).toEqual(binary);
      } else {
        expect(written).toMatchObject({ ...Object(differs.written) });
        expect(written).not.toEqual(binary);
        expect(readme).toContain(differs.readme);
      }
    },
  );
});

it('a FLOAT comes with six digits as text, and is found by all of them', async () => {
  const { prisma } = text ?? expect.unreachable();
  await prisma.allTypes.create({ data: { id: 1, float: 1_234_567 } });
  expect(await prisma.allTypes.findMany({ where: { float: 1_234_567 }, select: { float: true } })).toEqual([
    { float: 1_234_570 },
  ]);
});

it('a page of rows has integers for its limits', async () => {
  const { prisma } = text ?? expect.unreachable();
  await prisma.allTypes.createMany({
    data: Array.from({ length: 3_000 }, (_, n) => ({ id: n + 1, varChar: `'${n}\\` })),
  });
  expect(
    await prisma.allTypes.findMany({
      orderBy: { id: 'asc' },
      skip: 2_000,
      take: 2,
      select: { id: true, varChar: true },
    }),
  ).toEqual([
    { id: 2_001, varChar: "'2000\\" },
    { id: 2_002, varChar: "'2001\\" },
  ]);
  expect(await prisma.$queryRaw`SELECT id FROM all_types ORDER BY id LIMIT ${2} OFFSET ${5n}`).toEqual([
    { id: 6 },
    { id: 7 },
  ]);
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { differences } from '../support/prisma/differences.ts';
import { errorOperations } from '../support/prisma/error-operations.ts';
import { modelOperations } from '../support/prisma/model-operations.ts';
import type { Operation } from '../support/prisma/operation.ts';
import { outcomeOf } from '../support/prisma/outcome.ts';
import { rawOperations } from '../support/prisma/raw-operations.ts';
import { transactionOperations } from '../support/prisma/transaction-operations.ts';
import { createOneWay, type OneWay } from '../support/prisma/two-ways.ts';
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

/** What comes out otherwise as text, and what it is then. The README says why. */
const otherwise: Readonly<Record<string, unknown>> = {};

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
      if (name in otherwise) {
        expect(written).toMatchObject({ ...Object(otherwise[name]) });
        expect(written).not.toEqual(binary);
      } else {
        expect(written).toEqual(binary);
      }
    },
  );
});

import { readFileSync } from 'node:fs';
import type { PoolOptions } from 'mysql2/promise';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { differences } from '../support/prisma/differences.ts';
import { errorOperations } from '../support/prisma/error-operations.ts';
import { modelOperations } from '../support/prisma/model-operations.ts';
import type { Operation } from '../support/prisma/operation.ts';
import { outcomeOf } from '../support/prisma/outcome.ts';
import { rawOperations } from '../support/prisma/raw-operations.ts';
import { transactionOperations } from '../support/prisma/transaction-operations.ts';
import { createTwoAdapters, type TwoAdapters } from '../support/prisma/two-adapters.ts';
import { typeOperations } from '../support/prisma/type-operations.ts';
import { type Server, startServer } from '../support/server/server.ts';

const groups: Readonly<Record<string, readonly Operation[]>> = {
  types: typeOperations,
  'raw queries': rawOperations,
  models: modelOperations,
  transactions: transactionOperations,
  errors: errorOperations,
  differences,
};

/** What a pool may be set to for other users of it; none of it is to reach Prisma. */
const otherOptions: PoolOptions = {
  decimalNumbers: true,
  supportBigNumbers: true,
  rowsAsArray: true,
  jsonStrings: true,
  namedPlaceholders: true,
  nestTables: '_',
  timezone: '+05:30',
  flags: ['-FOUND_ROWS'],
  typeCast: () => 'cast by the pool',
};
const moreOptions: PoolOptions = { dateStrings: ['DATE'], bigNumberStrings: true, typeCast: false, disableEval: true };

const pools: readonly (readonly [name: string, options: PoolOptions, groups: readonly string[]])[] = [
  ['a plain pool', {}, Object.keys(groups)],
  ['a pool with options of its own', otherOptions, ['types', 'raw queries', 'differences']],
  ['a pool with other options', moreOptions, ['types', 'raw queries', 'differences']],
];

const readme = readFileSync(new URL('../../adapters/prisma/README.md', import.meta.url), 'utf8');

let server: Server;

beforeAll(async () => {
  server = await startServer({ name: 'differential' });
});

afterAll(() => server?.destroy());

describe.each(pools)('on %s', (_, options, names) => {
  let adapters: TwoAdapters;

  beforeAll(async () => {
    adapters = await createTwoAdapters(server, options);
  });
  afterAll(() => adapters?.close());
  beforeEach(() => adapters.reset());

  describe.each(names)('does as @prisma/adapter-mariadb does: %s', (group) => {
    const operations = groups[group] ?? [];
    it.each(operations.map((operation) => [operation.name, operation] as const))('%s', async (_, operation) => {
      const theirs = await outcomeOf(() => operation.run(adapters.theirs, adapters.sql));
      await adapters.reset();
      const ours = await outcomeOf(() => operation.run(adapters.ours, adapters.sql));
      const { differs } = operation;
      if (differs === undefined || (differs.on ?? server.kind) !== server.kind) {
        expect(ours).toEqual(theirs);
      } else {
        expect(ours).toMatchObject({ ...Object(differs.ours) });
        expect(theirs).not.toEqual(ours);
        expect(readme).toContain(`| ${differs.row} `);
      }
    });
  });
});

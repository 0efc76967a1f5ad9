import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';

/** What `gone-away` exports, and every subpath but `testing` hands on, so that the error classes are values there as well. */
const core = [
  'AcquireTimeoutError',
  'AttemptTimeoutError',
  'GoneAwayError',
  'LedgerError',
  'NotCommittedError',
  'OutcomeUnknownError',
  'RetriesExhaustedError',
  'SessionBoundError',
  'classify',
  'isGoneAwayError',
  'isSafeRead',
  'retryPolicy',
];

const ledger = ['createLedger', 'ledgerSql', 'pruneLedger'];

/** The values of each subpath. A name that is missing, or new, breaks somebody or has to be kept: so it is a decision. */
const expected: Readonly<Record<string, readonly string[]>> = {
  '.': core,
  './mysql2': [...core, ...ledger, 'transaction', 'withResilience'],
  './drizzle': [...core, ...ledger, 'ledgerTable', 'withResilience'],
  './prisma': [...core, 'originalErrorOf', 'resilience'],
  './prisma/adapter': [...core, ...ledger, 'PrismaMySQL2', 'originalErrorOf'],
  './testing': ['createFaultProxy'],
};

const root = new URL('../../', import.meta.url);
const { exports } = JSON.parse(await readFile(new URL('package.json', root), 'utf8')) as {
  exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
};

/** The entry file of each subpath, from whose source it is built. */
const entries = Object.entries(exports).flatMap(([subpath, target]) =>
  typeof target === 'string' ? [] : [[subpath, target.default.replace(/^\.\/dist\/(.*)\.js$/, '$1.ts')] as const],
);

describe('the package', () => {
  test('has these subpaths and no other', () => {
    expect(entries.map(([subpath]) => subpath).sort()).toEqual(Object.keys(expected).sort());
  });

  test.each(entries)('exports from %s these values and no other', async (subpath, entry) => {
    const values: object = await import(new URL(entry, root).href);
    expect(Object.keys(values).sort()).toEqual([...(expected[subpath] ?? [])].sort());
  });

  test.each(entries.filter(([subpath]) => subpath !== './testing'))(
    'has from %s the very classes of errors that it has from everywhere',
    async (_, entry) => {
      const values: Record<string, unknown> = await import(new URL(entry, root).href);
      const all: Record<string, unknown> = await import(new URL('src/index.ts', root).href);
      expect(all.OutcomeUnknownError).toBeTypeOf('function');
      for (const name of core) expect(values[name]).toBe(all[name]);
    },
  );

  test.each(entries)('has for %s the types of the same file as its values', (subpath) => {
    const target = exports[subpath];
    expect(target).toMatchObject({ types: expect.stringMatching(/\.d\.ts$/) });
    const { types, default: values } = target as { types: string; default: string };
    expect(types.replace(/\.d\.ts$/, '.js')).toBe(values);
  });
});

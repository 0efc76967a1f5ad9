import { getTableConfig } from 'drizzle-orm/mysql-core';
import { describe, expect, it } from 'vitest';
import { ledgerTable } from '../../../../../adapters/drizzle/index.ts';
import {
  decideKey,
  decideSettlement,
  type SettlementAnswer,
  type SettlementDecision,
} from '../../../../../adapters/mysql2/ledger/decide-settlement.ts';
import { judgeLedger, type LedgerFindings } from '../../../../../adapters/mysql2/ledger/ledger-check.ts';
import {
  leastPruneAge,
  ledgerColumns,
  ledgerSql,
  ledgerStatements,
  refreshAfter,
  settleBefore,
} from '../../../../../adapters/mysql2/ledger/ledger-table.ts';
import { decodeResult, encodeResult } from '../../../../../adapters/mysql2/ledger/stored-result.ts';
import { randomToken, tokenOfKey } from '../../../../../adapters/mysql2/ledger/token.ts';
import { tables } from '../../../../../prisma/tables.ts';
import type { Failure } from '../../../../../src/index.ts';

describe('decideSettlement', () => {
  const failed = (transient: boolean, outcome: Failure['outcome']): SettlementAnswer => ({
    kind: 'failed',
    failure: { transient, outcome },
  });

  it.each<[SettlementAnswer, SettlementDecision]>([
    [{ kind: 'inserted' }, 'rolled-back'],
    [{ kind: 'duplicate', state: 'committed' }, 'committed'],
    [{ kind: 'duplicate', state: 'fenced' }, 'rolled-back'],
    [{ kind: 'duplicate', state: undefined }, 'again'],
    [{ kind: 'duplicate', state: 'result' }, 'unknown'],
    [{ kind: 'duplicate', state: 'pending' }, 'unknown'],
    [{ kind: 'duplicate', state: 'somebody else’s' }, 'unknown'],
    [{ kind: 'lock-wait' }, 'fence'],
    [{ kind: 'expired' }, 'unknown'],
    [failed(true, 'not-executed'), 'again'],
    [failed(true, 'unknown'), 'again'],
    [failed(false, 'failed'), 'unknown'],
  ])('takes %o for %s', (answer, decision) => {
    expect(decideSettlement(answer)).toBe(decision);
  });

  it('never takes the row of a key for that of an attempt, and the other way round', () => {
    expect(['result', 'pending', 'committed', 'fenced', undefined].map(decideKey)).toEqual([
      'stored',
      'refuse',
      'refuse',
      'refuse',
      'again',
    ]);
    expect(randomToken()).toMatch(/^[0-9a-f]{32}$/);
    expect(tokenOfKey('k')).toMatch(/^[0-9a-f]{64}$/);
    expect(randomToken()).not.toBe(randomToken());
    expect(tokenOfKey('k')).toBe(tokenOfKey('k'));
    expect(tokenOfKey('k')).not.toBe(tokenOfKey('K'));
  });
});

describe('a stored result', () => {
  it.each([
    undefined,
    null,
    0,
    -1.5e300,
    '',
    'a\\u00e4 ä 🐬 \u2028 \u007f',
    [[], {}],
    { a: { b: [null, false] } },
    Object.assign(Object.create(null), { a: 1 }),
  ])('comes back as it was: %o', (result) => {
    const stored = encodeResult(result);
    expect(stored ?? '').toMatch(/^[\0-\x7e]*$/);
    expect(decodeResult(stored ?? null)).toEqual(result);
  });

  class Money {
    readonly amount = 1;
  }
  const cycle: unknown[] = [];
  cycle.push({ cycle });
  let deep: unknown = 0;
  for (let level = 0; level < 300; level += 1) deep = [deep];

  it.each([
    ['undefined in an object', { a: undefined }, /undefined at `result\.a`/],
    ['undefined in an array', [1, undefined], /undefined at `result\[1\]`/],
    ['a hole', Array(1), /an array with holes/],
    ['an array with a name', Object.assign([1], { a: 1 }), /an array with holes or with names/],
    ['a BigInt', [1n], /a BigInt/],
    ['Infinity', Number.POSITIVE_INFINITY, /Infinity/],
    ['-0', -0, /-0/],
    ['a symbol', Symbol('s'), /a symbol/],
    ['a symbol as a name', { [Symbol('s')]: 1 }, /a symbol as a name/],
    ['a function', [() => {}], /a function at `result\[0\]`/],
    ['a Date', new Date(0), /class Date/],
    ['a Buffer', Buffer.from('a'), /class Buffer/],
    ['a Map', new Map(), /class Map/],
    ['an object of a class', new Money(), /class Money/],
    ['an object with toJSON', { toJSON: () => 1 }, /an object/],
    ['a cycle', cycle, /a cycle/],
    ['hundreds of levels', deep, /more than 200 levels/],
  ])('is refused: %s', (_name, result, message) => {
    expect(() => encodeResult(result)).toThrow(TypeError);
    expect(() => encodeResult(result)).toThrow(message);
  });

  it('is refused without a word of what is in it', () => {
    expect(() => encodeResult({ 'alice@example.com': { secret: 1n } })).toThrow(/at `result\[\.\.\.\]\.secret`/);
  });
});

describe('the ledger table', () => {
  it('is the same in SQL, for Drizzle and for Prisma', () => {
    const { name, columns, indexes } = getTableConfig(ledgerTable());
    expect(name).toBe('gone_away_ledger');
    const described = columns.map((column) => [
      column.name,
      `${column.getSQLType()}${column.notNull ? ' NOT NULL' : ''}`.toUpperCase(),
    ]);
    expect(Object.fromEntries(described)).toEqual(
      Object.fromEntries(Object.entries(ledgerColumns).map(([column, type]) => [column, type.toUpperCase()])),
    );
    expect(columns.filter(({ primary }) => primary).map((column) => column.name)).toEqual(['token']);
    expect(indexes.map((index) => index.config.name)).toEqual(['gone_away_ledger_created_at_idx']);
    const squeezed = (sql: string) => sql.replaceAll('`', '').replace('IF NOT EXISTS ', '').replace(/\s+/g, ' ');
    expect(tables.map(squeezed)).toContain(squeezed(ledgerSql()));
  });

  it.each(['', 'a b', 'a.b.c', '`', "'", 'a'.repeat(65), undefined, 1])('has no such name: %o', (name) => {
    if (name !== undefined) expect(() => ledgerSql(name as string)).toThrow(TypeError);
    expect(() => ledgerStatements(name as string)).toThrow(TypeError);
  });

  it('keeps its rows until nobody can ask for them any more', () => {
    // Dated at the latest so long before COMMIT; then settled for at most so long.
    expect(refreshAfter).toBeLessThan(settleBefore);
    expect(settleBefore).toBeLessThan(leastPruneAge);
  });
});

describe('judgeLedger', () => {
  const column = (name: string, type: string, bytes: number) => ({ name, type, bytes, inPrimaryKey: name === 'token' });
  const fit: LedgerFindings = {
    version: '10.11.19-MariaDB',
    versionComment: 'Debian',
    maxAllowedPacket: 16_777_216,
    table: { type: 'BASE TABLE', engine: 'InnoDB', beforeTriggers: 0 },
    columns: [
      column('token', 'varbinary', 32),
      column('state', 'varchar', 40),
      column('created_at', 'datetime', 0),
      column('result', 'mediumtext', 16_777_215),
    ],
  };
  const judge = (findings: Partial<LedgerFindings>) => judgeLedger('gone_away_ledger', { ...fit, ...findings });

  it.each([
    ['10.11.19-MariaDB', 'Debian n/a'],
    ['8.0.36', 'MySQL Community Server - GPL'],
    ['8.0.36-28', 'Percona Server (GPL)'],
    ['8.0.28', 'Source distribution'],
    ['10.11.6-MariaDB-log', 'MariaDB Server, wsrep_26.4'],
  ])('takes %s, %s', (version, versionComment) => {
    expect(judge({ version, versionComment })).toEqual({ longestResult: 8_388_096 });
  });

  it.each([
    ['TiDB', '8.0.11-TiDB-v7.5.0', 'TiDB Server (Apache License 2.0)'],
    ['Vitess', '8.0.30-Vitess', 'Version: 19.0.0'],
    ['Vitess', '8.0.34', 'PlanetScale'],
    ['OceanBase', '5.7.25-OceanBase-v4.2.1', ''],
    ['PolarDB-X', '5.6.29-TDDL-5.4.17', ''],
    ['Dolt', '8.0.33', 'Dolt'],
    ['SingleStore', '5.7.32', 'SingleStoreDB source distribution'],
  ])('refuses %s by name', (name, version, versionComment) => {
    expect(judge({ version, versionComment })).toMatchObject({ why: expect.stringMatching(new RegExp(`^${name} `)) });
  });

  it.each([
    ['no table', { table: undefined }, /missing/],
    ['a view', { table: { type: 'VIEW', engine: '', beforeTriggers: 0 } }, /no table but a view/],
    ['MyISAM', { table: { type: 'BASE TABLE', engine: 'MyISAM', beforeTriggers: 0 } }, /table of MyISAM/],
    ['NDB', { table: { type: 'BASE TABLE', engine: 'ndbcluster', beforeTriggers: 0 } }, /table of ndbcluster/],
    ['a trigger', { table: { type: 'BASE TABLE', engine: 'InnoDB', beforeTriggers: 1 } }, /BEFORE trigger/],
    ['no column', { columns: fit.columns.slice(1) }, /no column `token`/],
    ['a column that pads', { columns: [column('token', 'binary', 32), ...fit.columns.slice(1)] }, /VARBINARY\(32\)/],
    ['a short column', { columns: [column('token', 'varbinary', 16), ...fit.columns.slice(1)] }, /VARBINARY\(32\)/],
    ['no primary key', { columns: fit.columns.map((each) => ({ ...each, inPrimaryKey: false })) }, /primary key/],
    ['a wide primary key', { columns: fit.columns.map((each) => ({ ...each, inPrimaryKey: true })) }, /primary key/],
  ])('refuses %s', (_name, findings, message) => {
    expect(judge(findings)).toMatchObject({ why: expect.stringMatching(message) });
  });

  it('lets results be as long as the column and a packet allow', () => {
    expect(judge({ maxAllowedPacket: 4_096 })).toEqual({ longestResult: 1_536 });
    expect(judge({ columns: [...fit.columns.slice(0, 3), column('result', 'text', 65_535)] })).toEqual({
      longestResult: 65_535,
    });
  });
});

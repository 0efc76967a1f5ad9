import fc from 'fast-check';
import { createPool } from 'mysql2/promise';
import { afterEach, describe, expect, it } from 'vitest';
import { createLedger, ledgerSql, pruneLedger, transaction, withResilience } from '../../adapters/mysql2/index.ts';
import { ledgerStatements } from '../../adapters/mysql2/ledger/ledger-table.ts';
import { poolRecipe } from '../../adapters/mysql2/source/pool-recipe.ts';
import { PrismaMySQL2 } from '../../adapters/prisma/adapter/index.ts';
import { resilience } from '../../adapters/prisma/index.ts';
import { callPolicy, type RetryPolicy, retryPolicy, transactionPolicy } from '../../src/internal.ts';
import { fuzzRun } from '../support/fuzz/fuzz-run.ts';
import { watchSockets } from '../support/proxy/watch-sockets.ts';

const names = Object.keys(retryPolicy());
const nested = [
  'capacity',
  'refundPerSuccess',
  'trustIdleFor',
  'idleTimeout',
  'after',
  'timeout',
  'rerun',
  'exactlyOnce',
  'idempotencyKey',
];
const prototypeNames = ['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString', 'valueOf', 'polluted'];

/** JSON in which every name may be one of ours, or one that means something to JavaScript. */
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
      fc.string(),
    ),
    fc.constantFrom(1e308, -1, 0.5, 2 ** 31, 'kill', '5', '', 'gone_away_ledger', 't; DROP TABLE t'),
    fc.array(tie('json'), { maxLength: 3 }),
    fc
      .array(fc.tuple(fc.constantFrom(...names, ...nested, ...prototypeNames), tie('json')), { maxLength: 4 })
      .map(entries),
  ),
}));

/** As text, so that `__proto__` is a name like any other. */
function entries(pairs: readonly (readonly [string, unknown])[]): unknown {
  return JSON.parse(`{${pairs.map(([name, value]) => `${JSON.stringify(name)}: ${stringify(value)}`).join(', ')}}`);
}

function stringify(value: unknown): string {
  return JSON.stringify(value) ?? 'null';
}

/** What somebody's request body may hold where an application passes options on. */
const options = fc.array(fc.tuple(fc.constantFrom(...names, ...prototypeNames), json), { maxLength: 4 }).map(entries);

afterEach(() => {
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  expect(Object.keys(Object.prototype)).toEqual([]);
});

/** Either it is complete and every part of it is what its type says, or it was refused by a TypeError of our own words. */
function expectCompleteOrRefused(make: () => RetryPolicy): void {
  let policy: RetryPolicy;
  try {
    policy = make();
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toMatch(/^(Expected `|Unknown option `|Unexpected option `)/);
    expect((error as Error).message.length).toBeLessThan(600);
    return;
  }
  expect(Object.keys(policy).sort()).toEqual([...names].sort());
  expect(Object.isFrozen(policy)).toBe(true);
  const { retries, minTimeout, maxTimeout, factor, maxRetryTime, acquireTimeout = 0 } = policy;
  for (const number of [retries, minTimeout, maxTimeout, factor, maxRetryTime, acquireTimeout]) {
    expect(typeof number === 'number' && number >= 0 && Number.isFinite(number)).toBe(true);
  }
  expect(typeof policy.idempotent).toBe('boolean');
  expect(typeof policy.transactions.rerun).toBe('boolean');
  expect(policy.ledgerTable).toMatch(/^[\w$.]+$/);
  const { liveness, budget, watch } = policy;
  for (const part of [liveness, budget || {}, watch || {}]) {
    for (const number of Object.values<number>(part)) expect(Number.isFinite(number) && number >= 0).toBe(true);
  }
}

describe('options that come from JSON.parse', () => {
  it('make a policy that is complete and frozen, or a TypeError that says what is wrong', () => {
    fc.assert(
      fc.property(options, (given) => {
        expectCompleteOrRefused(() => retryPolicy(given as never));
        expectCompleteOrRefused(() => callPolicy(retryPolicy(), given as never));
      }),
      fuzzRun(1_500),
    );
  });

  it('of one transaction: the same', () => {
    const own = fc.array(fc.tuple(fc.constantFrom(...nested, ...prototypeNames), json), { maxLength: 3 }).map(entries);
    fc.assert(
      fc.property(own, (given) => {
        try {
          const policy = transactionPolicy(retryPolicy().transactions, given as never);
          expect(Object.keys(policy).sort()).toEqual(['exactlyOnce', 'idempotencyKey', 'rerun']);
          expect(typeof policy.exactlyOnce).toBe('boolean');
        } catch (error) {
          expect((error as Error).message).toMatch(/^(Expected `|Unknown option `|Unexpected option `)/);
        }
      }),
      fuzzRun(1_000),
    );
  });

  it('are refused by their names, and nothing is sent', async () => {
    const sockets = watchSockets();
    const pool = createPool({ host: '127.0.0.1', port: 1, user: 'u', database: 'd' });
    const resilient = withResilience(pool);
    const adapter = new PrismaMySQL2(pool);
    const bad: readonly (readonly [text: string, message: RegExp])[] = [
      ['{"__proto__": {"polluted": true}}', /Unknown option `__proto__`/],
      ['{"constructor": {"prototype": {"polluted": true}}}', /Unknown option `constructor`/],
      ['{"retries": {"valueOf": 3}}', /`retries` to be a whole number from 0, got an object/],
      ['{"retries": "3"}', /`retries` to be a whole number from 0, got "3"/],
      ['{"maxRetryTime": 1e999}', /`maxRetryTime` to be milliseconds.*, got Infinity/],
      ['{"maxRetryTime": -1}', /`maxRetryTime` to be milliseconds.*, got -1/],
      ['{"acquireTimeout": null}', /`acquireTimeout` to be milliseconds.*, got null/],
      ['{"signal": {"aborted": true}}', /`signal` to be an AbortSignal, got an object/],
      ['{"onRetry": "alert(1)"}', /`onRetry` to be a function, got "alert\(1\)"/],
      ['{"transactions": {"__proto__": {"retry": "rerun"}}}', /Unknown option `__proto__` in `transactions`/],
    ];
    for (const [text, message] of bad) {
      const given = JSON.parse(text);
      expect(() => withResilience(pool, given)).toThrow(message);
      expect(() => resilient.$resilience(given)).toThrow(message);
      expect(() => resilience(given)).toThrow(message);
      expect(() => new PrismaMySQL2(pool, { policy: given })).toThrow(message);
      expect(() => new PrismaMySQL2(pool, given)).toThrow(
        /Unknown option `.*` of PrismaMySQL2; expected one of: policy/,
      );
      await expect(createLedger(pool, given)).rejects.toThrow(/Unknown option `.*` of the ledger/);
      await expect(pruneLedger(pool, given)).rejects.toThrow(/Unknown option `.*` of the ledger/);
      await expect(transaction(resilient, async () => {}, given)).rejects.toThrow(/(Unknown|Unexpected) option `/);
    }
    expect(() => new PrismaMySQL2(pool, { schemaName: 'a`b' })).toThrow(/`schemaName`/);
    expect(adapter.provider).toBe('mysql');
    expect(sockets.count()).toBe(0);
    sockets.stop();
    await pool.end();
  });

  it('count only where they are: nothing is taken from a prototype', () => {
    const policy = retryPolicy(
      Object.create({ retries: 3, budget: 'all', liveness: 5, transactions: { rerun: true } }),
    );
    expect(policy).toEqual(retryPolicy());
  });

  it('are looked at once: a getter cannot show one value and give another', () => {
    let looks = 0;
    const shifty = {
      get retries() {
        looks += 1;
        return looks === 1 ? 1 : ('many' as never);
      },
    };
    expect(retryPolicy(shifty).retries).toBe(1);
  });

  it('are not repeated at length', () => {
    const given = { [`${'x'.repeat(1_000_000)}`]: 1 };
    expect(() => retryPolicy(given as never)).toThrow(/^Unknown option `x{40}\.\.\.`.{0,600}$/);
  });
});

describe('the name of the ledger table', () => {
  it('is a name, or refused: there is no way out of its quotes', () => {
    const name = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('a`b', 'a` (x INT); DROP TABLE t; --', "a'b", 'a.b.c', '.', 'a\n', 'a\0', '漢', 'a b', '', '``'),
    );
    fc.assert(
      fc.property(name, (table) => {
        for (const make of [() => ledgerSql(table), () => ledgerStatements(table).prune(3_600, 1)]) {
          let sql: string;
          try {
            sql = make();
          } catch (error) {
            expect((error as Error).message).toMatch(/^Expected `table` to be a name/);
            expect(() => retryPolicy({ ledgerTable: table })).toThrow(/^Expected `ledgerTable` to be a name/);
            continue;
          }
          expect(table).toMatch(/^[\w$]{1,64}(\.[\w$]{1,64})?$/);
          expect(sql).toContain(`\`${table.replace('.', '`.`')}\``);
          expect(retryPolicy({ ledgerTable: table }).ledgerTable).toBe(table);
        }
      }),
      fuzzRun(300),
    );
  });

  it.each([undefined, null, 5, {}, [], ['a'], { toString: () => 'a' }, 10n])(
    'is refused as %s, in our words',
    (table) => {
      expect(() => ledgerStatements(table as never)).toThrow(/^Expected `table` to be a name/);
    },
  );
});

describe('a URL', () => {
  it.each([
    ['mysql://u:SECRET%zz@h/d', /^Expected the password in the URL to be percent-encoded/],
    ['mysql://SECRET%zz:p@h/d', /^Expected the user in the URL to be percent-encoded/],
    ['u:SECRET@h', /^Expected a URL/],
    ['SECRET', /^Expected a URL/],
    ['postgres://u:SECRET@h/d', /^Expected a URL that begins with mysql:/],
    ['mysql://u:SECRET@h/d?__proto__={"polluted":true}', /^Unexpected `__proto__` in the URL$/],
    ['mysql://u:SECRET@h/d?connection_limit=many', /^Expected `connection_limit` in the URL to be a whole number/],
    ['mysql://u:SECRET@h/d?connect_timeout=-1', /^Expected `connect_timeout` in the URL to be a whole number/],
  ])('that cannot be read is refused, and not repeated: %s', (url, message) => {
    for (const open of [() => poolRecipe(url), () => new PrismaMySQL2(url)]) {
      expect(open).toThrow(message);
      expect(open).toThrow(/^(?!.*SECRET)/);
    }
  });

  it('is refused for a pool as well', () => {
    const open = () => withResilience('mysql://u:SECRET@h:99999999/d');
    expect(open).toThrow(/^Expected a URL/);
    try {
      open();
    } catch (error) {
      expect(JSON.stringify({ ...(error as Error) })).not.toContain('SECRET');
    }
  });
});

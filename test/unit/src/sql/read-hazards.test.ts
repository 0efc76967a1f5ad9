import { describe, expect, it, test } from 'vitest';
import { isSafeRead, judgeRead } from '../../../../src/sql/safe-read.ts';
import { readServerVersion } from '../../../../src/sql/server-version.ts';

const judge = (sql: string) => judgeRead(sql, { mayLock: false, server: undefined, safeFunctions: [] });

describe('why a read is not safe', () => {
  test.each([
    ['select price_of(id) from t', 'it calls price_of(), which is not known to be free of effects', 'price_of'],
    ['select Price_Of (id) from t', 'it calls price_of()', 'price_of'],
    ['select shop.price_of(id) from t', 'it calls shop.price_of()', 'shop.price_of'],
    ['select `Shop` . `price``s`(1)', 'it calls Shop.`price``s`()', 'Shop.`price``s`'],
    ["select get_lock('hunter2', 1)", 'it calls get_lock(), which has effects', 'get_lock'],
    ['select f(1), g(2)', 'it calls f()', 'f'],
    ["select any_value(a) from t where b = 'x\\\\y'", 'it calls any_value()', 'any_value'],
    ['select a.b.f(1)', 'it calls something'],
    ["select 'f'(1)", 'it calls something'],
    [`select ${'x'.repeat(65)}(1)`, 'it calls something'],
    ['select count (*) from t', 'a blank between COUNT and its parenthesis'],
    ['select @a', 'it has a variable of the session in it'],
    ['select a := 1', 'it sets a variable of the session'],
    ['select @@last_insert_id', 'it reads @@LAST_INSERT_ID, which is what earlier statements'],
    ['select @@`version`', 'a variable of the server that gone-away does not know'],
    ['select * from information_schema.innodb_cmp_reset', 'it reads INNODB_CMP_RESET, which sets it back'],
    ['select * from information_schema.profiling', 'it reads PROFILING, which is what earlier statements'],
    ['select a from t for update', 'it has FOR UPDATE in it'],
    ['select a from t lock in share mode', 'it has LOCK in it'],
    ["select a into outfile '/tmp/hunter2' from t", 'it has INTO in it'],
    ['with c as (select 1) delete from t', 'it has DELETE in it'],
    ['select next value for s', 'it has FOR in it'],
    ['select s.nextval', 'it has NEXTVAL in it'],
    ['select 1; delete from t', 'it is more than one statement'],
    ['select 1 /*! for update */', 'it has an executable comment in it'],
    ['select /*+ SET_VAR(a = 1) */ 1', 'it has a hint in it'],
    ["select 'hunter2", 'its text cannot be read with certainty'],
    ['select (1', 'its parentheses do not match'],
    ['show warnings', 'SHOW in this form'],
    ['explain analyze select 1', 'EXPLAIN in this form'],
    [`select '${'x'.repeat(1_048_576)}'`, 'it is too long to be read'],
  ])('%j: %s', (sql, why, called?: string) => {
    const { isSafe, unsafe } = judge(sql);
    expect(isSafe).toBe(false);
    expect(unsafe?.why).toContain(why);
    expect(unsafe?.function).toBe(called);
    expect(JSON.stringify(unsafe)).not.toContain('hunter2');
  });

  test.each([
    // Code, or a value: the session's sql_mode decides.
    "select a from t where path = 'C:\\' and secret = 'hunter2(x)'",
    "select a from t where path = 'C:\\' and secret = '`hunter2`(x), @x'",
    `select "\\", '", hunter2(), "'`,
    "select f('\\'), ' , hunter2(1) -- '",
  ])('names nothing that another sql_mode takes for a value: %s', (sql) => {
    const { isSafe, unsafe } = judge(sql);
    expect(isSafe).toBe(false);
    expect(JSON.stringify(unsafe)).not.toContain('hunter2');
  });

  test.each(['insert into t values (1)', 'call p()', 'begin', ''])('says nothing of what is no read: %j', (sql) => {
    expect(judge(sql)).toEqual({ isSafe: false, unsafe: undefined });
  });

  it('says nothing of a safe one', () => {
    expect(judge('select 1')).toEqual({ isSafe: true, unsafe: undefined });
  });
});

describe('a function that not all servers have built in is safe on those that have it', () => {
  const on = (serverVersion: string, sql: string) => isSafeRead(sql, { serverVersion });
  test.each([
    ['select any_value(a) from t', ['8.0.27', '8.0.36-0ubuntu0.22.04.1', '8.4.3', '9.7.4-2', '8.0.35-google']],
    ['select bin_to_uuid(a), uuid_to_bin(b), regexp_like(a, b) from t', ['8.0.27-log', '8.4.0']],
    ['select 1 member of (a) from t', ['8.0.27', '9.7.4-2']],
    ['select md5(a), sha1(b) from t', ['8.0.40', '8.4.6', '10.11.14-MariaDB', '11.8.3-MariaDB-ubu2404']],
    ['select point(1, 2)', ['8.4.0']],
    ['select nvl(a, b), json_query(a, b) from t', ['5.5.5-10.11.14-MariaDB-0+deb12u2', '10.11.8-4-MariaDB-enterprise']],
    ['select uuid_v7()', ['11.8.9-MariaDB-0+deb13u1 from Debian', '12.1.2-MariaDB']],
  ])('%s', (sql, versions) => {
    expect(isSafeRead(sql)).toBe(false);
    for (const version of versions) expect(on(version, sql), version).toBe(true);
  });

  test.each([
    [
      'select any_value(a) from t',
      ['10.11.14-MariaDB', '12.0.1-MariaDB', '5.7.44', '8.0.26', '8.0.11-TiDB-v8.5.0', '8.0.30-Vitess'],
    ],
    ['select any_value (a) from t', ['8.4.0']],
    ['select app.any_value(a) from t', ['8.4.0']],
    ['select `any_value`(a) from t', ['8.4.0']],
    // What ProxySQL greets with by default, whatever stands behind it.
    ['select regexp_like(a, b) from t', ['8.0.11', '5.5.30', '', 'unknown', '8.0']],
    ['select 1 member of (a) from t', ['10.11.14-MariaDB']],
    ['select of(a) from t', ['8.4.0', '10.11.14-MariaDB']],
    ['select md5(a) from t', ['9.0.0', '9.7.4']],
    ['select point(1, 2)', ['10.11.14-MariaDB']],
    ['select nvl(a, b) from t', ['8.4.0', '10.6.20-MariaDB']],
    ['select uuid_v7()', ['10.11.14-MariaDB', '9.7.4']],
    ['select get_lock(a, 1), uuid_short() from t', ['8.4.0', '11.8.3-MariaDB']],
  ])('and not elsewhere: %s', (sql, versions) => {
    for (const version of versions) expect(on(version, sql), version).toBe(false);
  });

  it('reads versions of two and of three digits', () => {
    expect(readServerVersion('5.5.5-10.11.14-MariaDB')).toEqual({ family: 'mariadb', number: 101_114 });
    expect(readServerVersion('8.0.27')).toEqual({ family: 'mysql', number: 80_027 });
    for (const none of [undefined, null, 8, {}, '5.5.5', 'MariaDB']) {
      expect(readServerVersion(none)?.family, String(none)).toBe(none === '5.5.5' ? 'mysql' : undefined);
    }
  });
});

describe('a function that the user has promised to be harmless', () => {
  test.each([
    ['price_of', 'select price_of(1), PRICE_OF (2), `Price_Of`(3), price_of/**/(4)'],
    ['Price_Of', 'select price_of(1) from t where price_of(a) > 1'],
    ['`price_of`', 'select price_of(1)'],
    ['shop.price_of', 'select shop.price_of(1), `shop`.`PRICE_OF`(2), shop . price_of (3)'],
    ['`my shop`.`price of`', 'select `my shop`.`price of`(1)'],
    ['any_value', 'select any_value(1)'],
  ])('%s: %s', (name, sql) => {
    expect(judge(sql).isSafe).toBe(false);
    expect(isSafeRead(sql, { safeFunctions: [name, 'other'] })).toBe(true);
  });

  test.each([
    ['price_of', 'select shop.price_of(1)'],
    ['shop.price_of', 'select price_of(1)'],
    ['shop.price_of', 'select SHOP.price_of(1)'],
    ['shop.price_of', 'select other.shop.price_of(1)'],
    ['price_of', 'select price_of(1), f(2)'],
    ['price_of', 'select price_of(get_lock(1, 2))'],
    ['price_of', 'select price_of(1) for update'],
    ['price_of', 'select price_of(@x := 1)'],
    ['price_of', "select 'price_of'(1)"],
    ['price_of', 'select price_of2(1)'],
    ['k', 'select `\u212a`(1)'],
    ['delete', 'with c as (select 1) delete(1)'],
  ])('%s does not stand for: %s', (name, sql) => {
    expect(isSafeRead(sql, { safeFunctions: [name] })).toBe(false);
  });

  it('is read in bounded time, however many there are', () => {
    const safeFunctions = Array.from({ length: 10_000 }, (_, index) => `f${index}`);
    const sql = `select ${safeFunctions.map((name) => `${name}()`).join(', ')}`;
    expect(isSafeRead(sql, { safeFunctions })).toBe(true);
    expect(() => isSafeRead('select 1', { safeFunctions: ['f()'] })).toThrow(TypeError);
  });
});

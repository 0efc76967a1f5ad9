import { describe, expect, it } from 'vitest';
import { leavesTransactionUncommitted, readTransactionEffect } from '../../../../src/internal.ts';

describe('leavesTransactionUncommitted', () => {
  it.each([
    'select 1',
    ' INSERT INTO t VALUES (1)',
    '(select 1)',
    'Update t set a = 1',
    'savepoint sp1',
    'rollback to savepoint sp1',
  ])('knows that a transaction outlives %s', (sql) => expect(leavesTransactionUncommitted(sql)).toBe(true));

  it.each([
    'commit',
    'COMMIT AND CHAIN',
    'begin',
    'start transaction',
    'create table t (a int)',
    'alter table t add b int',
    'truncate t',
    'set autocommit = 1',
    'call p()',
    'lock tables t write',
    'select 1; commit',
    '/*!50000 commit */',
    'insert into t /*!; commit */ values (1)',
    '',
    '-- select',
    'selectcommit',
  ])('does not trust %s', (sql) => expect(leavesTransactionUncommitted(sql)).toBe(false));
});

describe('readTransactionEffect', () => {
  const isAtomic = (sql: string, several: boolean) => readTransactionEffect(sql, several).isAtomic;

  it.each([
    ['insert into t values (1)', false],
    ['insert into t values (1); ', true],
    ["insert into t values ('a;b')", false],
    ['commit', true],
    ['(select 1)', true],
  ])('knows that %s is applied as a whole or not at all', (sql, several) => expect(isAtomic(sql, several)).toBe(true));

  it.each([
    ['insert into t values (1); insert into t values (2)', true],
    ["insert into t values ('a;b')", true],
    ['call p()', false],
    ['begin not atomic insert into t values (1); end', false],
    ['execute immediate ?', false],
    ['insert into t values (1) /*! ; delete from t */', false],
    ['drop table a, b', false],
    ['-- insert\ncall p()', false],
    ['', false],
  ])('does not believe it of %s', (sql, several) => expect(isAtomic(sql, several)).toBe(false));

  const isCommit = (sql: string) => readTransactionEffect(sql, true).isCommit;
  it.each(['COMMIT', ' commit;', 'Commit WORK AND CHAIN'])('knows %s', (sql) => expect(isCommit(sql)).toBe(true));

  it.each(['INSERT INTO t VALUES (1)', 'ROLLBACK', 'committed', ''])('knows that %s is none', (sql) =>
    expect(isCommit(sql)).toBe(false),
  );
});

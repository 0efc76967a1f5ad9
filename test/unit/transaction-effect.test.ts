import { describe, expect, it } from 'vitest';
import { leavesTransactionUncommitted } from '../../src/index.ts';

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

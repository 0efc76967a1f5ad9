import { describe, expect, it } from 'vitest';
import { limitsLockWait } from '../../../../src/sql/lock-wait-limit.ts';

describe('a statement that says itself how long it waits for a lock', () => {
  it.each([
    'SELECT * FROM t FOR UPDATE NOWAIT',
    'select * from t for share of t nowait',
    'SELECT * FROM t FOR UPDATE WAIT 0',
    'SELECT * FROM t LOCK IN SHARE MODE WAIT 10',
    'SELECT * FROM t FOR UPDATE WAIT ?',
    'SELECT * FROM t FOR UPDATE WAIT/* seconds */5',
    'LOCK TABLES t WRITE WAIT 1',
    'ALTER TABLE t NOWAIT ADD COLUMN c INT',
    'SET STATEMENT innodb_lock_wait_timeout = 1 FOR UPDATE t SET a = 1',
    'SET STATEMENT lock_wait_timeout=0 FOR DROP TABLE t',
  ])('is one: %s', (sql) => {
    expect(limitsLockWait(sql)).toBe(true);
  });

  it.each([
    'SELECT * FROM t FOR UPDATE',
    'SELECT * FROM t FOR UPDATE SKIP LOCKED',
    "INSERT INTO t (a) VALUES ('FOR UPDATE NOWAIT')",
    "UPDATE t SET a = 'wait 5' WHERE b = 1",
    'SELECT * FROM t /* NOWAIT */ FOR UPDATE',
    'SELECT wait FROM t FOR UPDATE',
    'SELECT `nowait` FROM t FOR UPDATE',
    'SELECT await (5) FROM t -- wait 5',
    '',
  ])('is none: %s', (sql) => {
    expect(limitsLockWait(sql)).toBe(false);
  });
});

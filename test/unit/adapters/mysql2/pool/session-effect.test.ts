import { describe, expect, it } from 'vitest';
import { couldChangeSession, readSessionChange } from '../../../../../adapters/mysql2/pool/session-effect.ts';

describe('an error in answer to a statement', () => {
  it.each([
    'SELECT no_such_column',
    ' (select 1) union (select 2)',
    "INSERT INTO t VALUES ('a;b')",
    'INSERT INTO t VALUES (1);',
    'UPDATE t SET a = 1',
    'delete from t',
    'REPLACE INTO t VALUES (1)',
    'SAVEPOINT s',
    'ROLLBACK TO s',
    'RELEASE SAVEPOINT s',
  ])('leaves the session as it was: %s', (sql) => {
    expect(couldChangeSession(sql, false)).toBe(false);
  });

  it.each([
    'CALL p()',
    'COMMIT',
    'ROLLBACK',
    'BEGIN NOT ATOMIC START TRANSACTION; SIGNAL SQLSTATE "45000"; END',
    'CREATE TABLE t (a INT)',
    'SET autocommit = 0',
    'SET STATEMENT max_statement_time = 1 FOR CALL p()',
    '/*! SET autocommit = 0 */',
    'SELECT 1 /*! INTO @a */',
  ])('may leave another one: %s', (sql) => {
    expect(couldChangeSession(sql, false)).toBe(true);
  });

  it('may leave another one behind several statements, and where the text is not known', () => {
    expect(couldChangeSession('SELECT 1; CALL p()', true)).toBe(true);
    expect(couldChangeSession(undefined, false)).toBe(true);
  });

  it('is judged in a time that grows with the text', () => {
    for (const sql of ['(', ' ', '/**/', '/* *', '( /**/'].map((part) => part.repeat(200_000))) {
      couldChangeSession(sql, false);
      readSessionChange(`set ${sql}`, true);
      readSessionChange(`;${sql}`, true);
    }
  });
});

describe('a statement that was answered without rows', () => {
  it.each([
    ['SET TRANSACTION READ ONLY', 'next-read-only'],
    ['SET SESSION TRANSACTION READ ONLY', 'read-only'],
    ['set local transaction isolation level repeatable read, read only', 'read-only'],
    ['SET SESSION TRANSACTION READ WRITE', 'read-write'],
    ['SET SESSION transaction_read_only = 1', 'read-only'],
    ['SET @@session.tx_read_only = ON', 'read-only'],
    ['SET transaction_read_only = OFF', 'read-write'],
    ['/* app */ SET SESSION TRANSACTION READ ONLY', 'read-only'],
  ])('sets the mode of what follows: %s', (sql, accessMode) => {
    expect(readSessionChange(sql, false)).toEqual({ usesDatabase: false, accessMode });
  });

  it('uses another database', () => {
    expect(readSessionChange('USE other', false)?.usesDatabase).toBe(true);
    expect(readSessionChange('/* app */ use `other`', false)?.usesDatabase).toBe(true);
    expect(readSessionChange('DO 1; USE other', true)?.usesDatabase).toBe(true);
  });

  it.each([
    'SET NAMES utf8mb4',
    'SET @x = 1',
    'SET TRANSACTION ISOLATION LEVEL READ COMMITTED',
    'SET GLOBAL TRANSACTION READ ONLY',
    'INSERT INTO t VALUES ("USE x; SET TRANSACTION READ ONLY")',
    'DO 1',
  ])('changes nothing that no flag tells: %s', (sql) => {
    expect(readSessionChange(sql, false)).toBeUndefined();
  });
});

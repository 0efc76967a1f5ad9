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
    '-- app\nSAVEPOINT s',
    'SET STATEMENT max_statement_time = 1 FOR SELECT 1',
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
    'SET @a = 1',
    'ROLLBACK; SAVEPOINT s',
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
  it('has set what its text says, and nothing where the text is not known', () => {
    expect(readSessionChange('/* app */ USE other', false)).toEqual({ usesDatabase: true, accessMode: undefined });
    expect(readSessionChange(undefined, false)).toBeUndefined();
  });
});

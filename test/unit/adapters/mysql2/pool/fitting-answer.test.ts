import { describe, expect, it } from 'vitest';
import { isFittingAnswer } from '../../../../../adapters/mysql2/pool/fitting-answer.ts';

const header = { affectedRows: 0 };

describe('an answer that cannot be one to its statement', () => {
  it.each([
    ['an OK packet for a SELECT', 'SELECT 1', header],
    ['an OK packet for a SELECT in parentheses', '((SELECT 1)) LIMIT 1', header],
    ['an OK packet for a common table expression', 'WITH a AS (SELECT 1) SELECT * FROM a', header],
    ['an OK packet for SHOW', 'show tables', header],
    ['rows for an INSERT', 'INSERT INTO t VALUES (1)', []],
    ['rows for COMMIT', 'commit', []],
    ['rows for BEGIN', 'begin', [{ a: 1 }]],
    ['rows for an UPDATE', '\n update t set a = 1', []],
    ['rows for an INSERT behind a comment', "/*dddbs='x'*/ INSERT INTO t VALUES (1)", []],
    ['rows for an INSERT with a semicolon in a string', "INSERT INTO t VALUES ('a; b &amp;')", []],
    ['rows for an INSERT in front of a comment', 'INSERT INTO t VALUES (1) -- a;', []],
    ['rows for an UPDATE behind SET STATEMENT', 'SET STATEMENT a = 1 FOR UPDATE t SET a = 1', []],
    ['an OK packet for a SELECT behind a comment', '-- a\nSELECT 1', header],
  ])('is found out: %s', (_title, sql, result) => {
    expect(isFittingAnswer(sql, result)).toBe(false);
  });
});

describe('an answer that may be one to its statement', () => {
  it.each([
    ['rows for a SELECT', 'SELECT 1', []],
    ['an OK packet for an INSERT', 'INSERT INTO t VALUES (1)', header],
    ['an OK packet for SELECT ... INTO', 'SELECT 1 INTO @a', header],
    ['an OK packet for a WITH that deletes', 'WITH a AS (SELECT 1) DELETE FROM t', header],
    ['an OK packet for a SELECT that calls who knows what', 'SELECT f(1)', header],
    ['rows for INSERT ... RETURNING', 'INSERT INTO t VALUES (1) RETURNING id', []],
    ['rows for a block', 'BEGIN NOT ATOMIC SELECT 1; END', []],
    ['rows for several statements', 'DELETE FROM t; SELECT 1', []],
    ['rows for a procedure', 'CALL p()', [[], header]],
    ['an OK packet for a procedure', 'CALL p()', header],
    ['rows for SET STATEMENT', 'SET STATEMENT max_statement_time = 1 FOR SELECT 1', []],
    ['rows for what begins with code in a comment', '/*! a */ INSERT INTO t VALUES (1)', []],
    ['rows for a loop with a label', 'rollback: LOOP SELECT 1; END LOOP', []],
    [
      'rows for INSERT ... RETURNING behind SET STATEMENT',
      'SET STATEMENT a = 1 FOR INSERT INTO t VALUES (1) RETURNING 1',
      [],
    ],
    ['an OK packet for a locking EXPLAIN ANALYZE', 'EXPLAIN ANALYZE SELECT 1 FOR UPDATE', header],
    ['anything for nothing', '', header],
  ])('is let through: %s', (_title, sql, result) => {
    expect(isFittingAnswer(sql, result)).toBe(true);
  });
});

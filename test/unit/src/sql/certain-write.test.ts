import { describe, expect, test } from 'vitest';
import { isCertainWrite } from '../../../../src/sql/certain-write.ts';

describe('certainly begins with a write to what lasts', () => {
  test.each([
    'CREATE TABLE a (b INT)',
    'create /* a comment */ table a (b INT)',
    'CREATE OR REPLACE TABLE a (b INT)',
    'CREATE UNIQUE INDEX a ON b (c)',
    'ALTER TABLE a ADD b INT',
    'DROP TABLE a, b',
    'DROP DATABASE a',
    'RENAME TABLE a TO b',
    'TRUNCATE a',
    "LOAD DATA LOCAL INFILE 'a' INTO TABLE b",
    'SET STATEMENT max_statement_time = 1 FOR ALTER TABLE a ADD b INT',
    'INSERT INTO a VALUES (1); INSERT INTO a VALUES (2)',
    'INSERT INTO a VALUES (1)',
    "INSERT INTO a VALUES ('; DROP TABLE a')",
    'UPDATE a SET b = 1',
    'DELETE FROM a',
    'REPLACE INTO a VALUES (1)',
  ])('%s', (sql) => {
    expect(isCertainWrite(sql)).toBe(true);
  });
});

describe('is sent to a server that is read-only', () => {
  test.each([
    'SELECT 1',
    'SELECT 1; DROP TABLE a',
    'CALL a()',
    'EXECUTE a',
    'BEGIN NOT ATOMIC DROP TABLE a; END',
    'KILL QUERY 1',
    'FLUSH STATUS',
    'CHECKSUM TABLE a',
    'ANALYZE SELECT 1',
    'LOAD INDEX INTO CACHE a',
    'CREATE TEMPORARY TABLE a (b INT)',
    'CREATE OR REPLACE TEMPORARY TABLE a (b INT)',
    'CREATE /*!50000 TEMPORARY */ TABLE a (b INT)',
    'DROP TEMPORARY TABLE a',
    '/*! DROP TABLE a */',
    '',
    'nonsense',
  ])('%s', (sql) => {
    expect(isCertainWrite(sql)).toBe(false);
  });
});

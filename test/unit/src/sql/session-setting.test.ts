import { describe, expect, it, test } from 'vitest';
import { readSessionSetting } from '../../../../src/internal.ts';
import { modeSettings } from '../../../support/session-settings.ts';

describe('what a statement sets for its session', () => {
  const named = modeSettings.flatMap(([sql, accessMode]) =>
    ['transaction_read_only', 'tx_read_only'].map((name) => [sql.replaceAll('$', name), accessMode] as const),
  );

  test.each(named)('the mode of %j is %s', (sql, accessMode) => {
    const expected = accessMode && { accessMode, usesDatabase: false };
    expect(readSessionSetting(sql, false)).toEqual(expected);
    expect(readSessionSetting(`${sql};`, true)).toEqual(expected);
  });

  test.each([
    'SET GLOBAL TRANSACTION READ ONLY',
    'SET GLOBAL transaction_read_only = 1',
    'SET @@global.tx_read_only = 1',
    'SET GLOBAL a = 1, tx_read_only = 1',
    'SET PERSIST transaction_read_only = 1',
    'SET STATEMENT tx_read_only = 1 FOR SELECT 1',
    "SET STATEMENT sql_mode = 'FOR SET tx_read_only = 1' FOR SELECT 1",
    'CREATE PROCEDURE p() SET SESSION TRANSACTION READ ONLY',
    'CALL set_transaction_read_only()',
    'INSERT INTO t VALUES ("USE x; SET TRANSACTION READ ONLY")',
    'USEFUL',
  ])('nothing that no flag tells: %s', (sql) => {
    expect(readSessionSetting(sql, false)).toBeUndefined();
  });

  test.each([
    'SET SESSION transaction_read_only = ?',
    'SET STATEMENT a = 1 FOR SET SESSION TRANSACTION READ ONLY',
    'BEGIN NOT ATOMIC SET SESSION TRANSACTION READ ONLY; END',
    'IF 1 THEN SET tx_read_only = 1; END IF',
    'a: LOOP SET tx_read_only = 1; LEAVE a; END LOOP',
    'SET @a = "\\", tx_read_only = 1 -- "',
    `SET transaction_read_only = 1, @a = '${'x'.repeat(1_100_000)}'`,
  ])('a mode that is unsure: %.80s', (sql) => {
    expect(readSessionSetting(sql, false)?.accessMode).toBe('unsure');
  });

  test.each([
    'USE other',
    '/* app */ use `other`',
    'USE/**/other',
    'SET STATEMENT a = 1 FOR USE other',
    '/*! USE other */',
  ])('another database: %s', (sql) => {
    expect(readSessionSetting(sql, false)).toEqual({ accessMode: undefined, usesDatabase: true });
  });
});

describe('what several statements set for their session', () => {
  test.each([
    ['DO 1; USE other', { accessMode: undefined, usesDatabase: true }],
    ["INSERT INTO t VALUES ('a; USE other'); DO 1", undefined],
    ["INSERT INTO t VALUES ('use'); INSERT INTO t VALUES ('transaction')", undefined],
    ['SET SESSION TRANSACTION READ ONLY; USE other', { accessMode: 'unsure', usesDatabase: true }],
    [
      'SET SESSION TRANSACTION READ ONLY; SET SESSION TRANSACTION READ WRITE',
      { accessMode: 'unsure', usesDatabase: false },
    ],
    ['SELECT 1; SET tx_read_only = 1', { accessMode: 'unsure', usesDatabase: false }],
    ['SELECT 1; /*! SET tx_read_only = 1 */', { accessMode: 'unsure', usesDatabase: false }],
    ["SELECT '\\'; USE other; -- '", { accessMode: undefined, usesDatabase: true }],
  ])('%j', (sql, expected) => {
    expect(readSessionSetting(sql, true)).toEqual(expected);
  });

  it('is read in a time that grows with the text', () => {
    for (const part of ['(', ' ', '/**/', '/* *', '( /**/', ',', '@@', 'for ', 'set ', 'set statement a for ', "'"]) {
      const sql = `set transaction use ${part.repeat(100_000)}`;
      readSessionSetting(sql, true);
      readSessionSetting(`do 1;${sql}`, true);
      readSessionSetting(`set statement a = ${sql}`, false);
    }
  });
});

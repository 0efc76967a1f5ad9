import mysql from 'mysql2';
import { describe, expect, it } from 'vitest';
import type { Parameter } from '../../../../../adapters/prisma/adapter/parameter.ts';
import { writeStatement } from '../../../../../adapters/prisma/adapter/statement-text.ts';

const { TypedParameter: typed } = mysql;

const one = (value: Parameter) => {
  const result = writeStatement('SELECT ?', [value]);
  return 'sql' in result ? result.sql.slice('SELECT '.length).trim() : result;
};

describe('a value in the text', () => {
  it.each<[Parameter, string]>([
    [null, 'NULL'],
    [true, '1'],
    [false, '0'],
    ['plain "text"; -- ? /*', `'plain "text"; -- ? /*'`],
    ['', "''"],
    ["it's", '_utf8mb4 0x69742773'],
    ['\\', '_utf8mb4 0x5c'],
    ['\n', '_utf8mb4 0x0a'],
    ['é', '_utf8mb4 0xc3a9'],
    ['\ud800', '_utf8mb4 0xefbfbd'],
    [Buffer.from([0, 255]), '_binary 0x00ff'],
    [Buffer.alloc(0), "_binary X''"],
    [typed.LONG(5), '5'],
    [typed.LONGLONG(-(2n ** 63n)), '(-9223372036854775808)'],
    [typed.LONGLONG.unsigned(2n ** 64n - 1n), '18446744073709551615'],
    [typed.NEWDECIMAL('20'), '20.'],
    [typed.NEWDECIMAL('-1.50'), '(-1.50)'],
    [typed.DOUBLE(1), '1e0'],
    [typed.DOUBLE(-0), '(-0e0)'],
    [typed.DOUBLE(5e-324), '5e-324'],
    [typed.DOUBLE(Number.MAX_VALUE), '1.7976931348623157e+308'],
    [typed.FLOAT(1.1), '1.100000023841858e0'],
  ])('%o is %s', (value, expected) => {
    expect(one(value)).toBe(expected);
  });

  it.each([
    typed.DOUBLE(Number.NaN),
    typed.DOUBLE(Number.POSITIVE_INFINITY),
    Number.NEGATIVE_INFINITY,
    typed.FLOAT(1e39),
    Object.assign(typed.NEWDECIMAL('1'), { value: '1; DROP TABLE a' }),
    Object.assign(typed.LONG(1), { value: '1 OR 1' }),
    typed.TIME('01:00:00'),
  ])('what SQL has no form of is refused (%#)', (value) => {
    expect(one(value as Parameter)).toEqual({ refused: 'its value 1 has no form in SQL' });
  });

  it('of several texts, none is quoted where one cannot be', () => {
    expect(writeStatement('SELECT ?, ?', ['a', 'é'])).toEqual({ sql: 'SELECT  _utf8mb4 0x61 ,  _utf8mb4 0xc3a9 ' });
  });

  it('is not joined to a text beside it', () => {
    expect(writeStatement("SELECT ? 'name'", ['a'])).toEqual({ sql: "SELECT  _utf8mb4 0x61  'name'" });
  });

  it('has no quotes in a statement that the server may read in another charset', () => {
    expect(writeStatement('SELECT ? AS `größe`', ['a'])).toEqual({ sql: 'SELECT  _utf8mb4 0x61  AS `größe`' });
    expect(writeStatement('SELECT ? AS `größe`', [''])).toEqual({ sql: "SELECT  _utf8mb4 X''  AS `größe`" });
  });
});

describe('a statement', () => {
  it('without values is left as it is', () => {
    expect(writeStatement('SELECT @a := 1 /*! ? */', [])).toEqual({ sql: 'SELECT @a := 1 /*! ? */' });
  });

  it('keeps question marks in strings, names and comments', () => {
    expect(writeStatement("SELECT '?', `?`, ? /* ? */ # ?", [true])).toEqual({
      sql: "SELECT '?', `?`,  1  /* ? */ # ?",
    });
  });

  it('may have backslashes where they change no border', () => {
    expect(writeStatement("SELECT ? LIKE 'a\\%' ESCAPE '\\\\'", ['a%'])).toEqual({
      sql: "SELECT  'a%'  LIKE 'a\\%' ESCAPE '\\\\'",
    });
  });

  it.each([
    `SELECT 'a\\' = ? OR ' = ?`,
    `SELECT "a\\" = ? OR " = ?`,
    'SELECT /*! ? */',
    'SELECT @a := ?',
    "SELECT 'x = ?",
    'SELECT :name',
    "SELECT 'é\\' = ?",
  ])('is refused where its placeholders are not certain: %s', (sql) => {
    expect(writeStatement(sql, ['a'])).toEqual({ refused: 'its SQL cannot be read with certainty' });
  });

  it('is refused with other than as many values as placeholders', () => {
    expect(writeStatement('SELECT ?', ['a', 'b'])).toEqual({ refused: 'it has 1 placeholders for 2 values' });
    expect(writeStatement('SELECT ?, ?', ['a'])).toEqual({ refused: 'it has 2 placeholders for 1 values' });
  });
});

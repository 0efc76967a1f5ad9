import mysql from 'mysql2';
import { describe, expect, it } from 'vitest';
import type { ResultField } from '../../../../../adapters/mysql2/prepared/exact-statement.ts';
import { columnType } from '../../../../../adapters/prisma/adapter/prisma-interface.ts';
import { toResultSet } from '../../../../../adapters/prisma/adapter/result-set.ts';

const { Types } = mysql;
const utf8 = 255;
const binary = 63;

function field(type: number, rest: Partial<ResultField> = {}): ResultField {
  return { name: 'c', columnType: type, characterSet: utf8, flags: 0, ...rest };
}

function converted(type: number, value: unknown): unknown {
  return toResultSet([[value]], [field(type)]).rows[0]?.[0];
}

describe('the type of a column', () => {
  it.each<[string, ResultField, number]>([
    ['INT', field(Types.LONG), columnType.int32],
    ['INT UNSIGNED, which may be beyond 32 bits', field(Types.LONG, { flags: 32 }), columnType.int64],
    ['TINYINT UNSIGNED', field(Types.TINY, { flags: 32 }), columnType.int32],
    ['BIGINT', field(Types.LONGLONG), columnType.int64],
    ['DECIMAL', field(Types.NEWDECIMAL), columnType.numeric],
    ['VARCHAR', field(Types.VAR_STRING), columnType.text],
    ['VARBINARY', field(Types.VAR_STRING, { characterSet: binary }), columnType.bytes],
    ['TEXT', field(Types.BLOB), columnType.text],
    ['BLOB', field(Types.BLOB, { characterSet: binary }), columnType.bytes],
    ['BIT', field(Types.BIT, { characterSet: binary }), columnType.bytes],
    ["MySQL's JSON", field(Types.JSON, { characterSet: binary }), columnType.json],
    ["MariaDB's JSON", field(Types.BLOB, { extendedFormat: 'json' }), columnType.json],
    ['DATETIME', field(Types.DATETIME), columnType.dateTime],
    ['YEAR', field(Types.YEAR), columnType.int32],
  ])('%s', (_, column, expected) => {
    expect(toResultSet([], [column]).columnTypes).toEqual([expected]);
  });

  it.each(['GEOMETRY', 'VECTOR'] as const)('refuses %s by name', (name) => {
    const type = { GEOMETRY: 255, VECTOR: 242 }[name];
    expect(() => toResultSet([], [field(type)])).toThrow(
      expect.objectContaining({ cause: expect.objectContaining({ kind: 'UnsupportedNativeDataType', type: name }) }),
    );
  });
});

describe('values', () => {
  it.each([0, -0.5, 1.1, 16_777_216, 3.4028234663852886e38, 1.401298464324817e-45, 123_456.79])(
    'a FLOAT of %s is the shortest number that is the same FLOAT',
    (number) => {
      const shortest = converted(Types.FLOAT, Math.fround(number)) as number;
      expect(Math.fround(shortest)).toBe(Math.fround(number));
      expect(String(shortest).length).toBeLessThanOrEqual(String(Math.fround(number)).length);
    },
  );

  it('a point in time is in UTC, with all of its digits', () => {
    expect(converted(Types.DATETIME, '2024-02-29 12:34:56.123456')).toBe('2024-02-29T12:34:56.123456+00:00');
    expect(converted(Types.DATE, '2024-02-29')).toBe('2024-02-29');
    expect(converted(Types.TIME, '23:59:59.5')).toBe('23:59:59.5');
  });

  it('NULL stays NULL', () => {
    for (const type of [Types.DATETIME, Types.DATE, Types.TIME, Types.FLOAT, Types.JSON])
      expect(converted(type, null)).toBeNull();
  });

  it.each([
    [Types.DATETIME, '0000-00-00 00:00:00'],
    [Types.DATETIME, '2024-00-01 00:00:00'],
    [Types.DATE, '2024-01-00'],
    [Types.TIME, '24:00:00'],
    [Types.TIME, '-01:00:00'],
    [Types.TIME, '838:59:59'],
  ])('refuses what no Date can be: %s, %s', (type, value) => {
    expect(() => converted(type, value)).toThrow(
      expect.objectContaining({ cause: expect.objectContaining({ kind: 'ValueOutOfRange' }) }),
    );
    // The value may be a secret; the column's name is enough to find it.
    expect(() => converted(type, value)).not.toThrow(value);
  });
});

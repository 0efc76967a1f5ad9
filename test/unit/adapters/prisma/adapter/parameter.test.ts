import mysql from 'mysql2';
import { describe, expect, it } from 'vitest';
import { type Parameter, toParameter, typesOf } from '../../../../../adapters/prisma/adapter/parameter.ts';
import type { ArgScalarType } from '../../../../../adapters/prisma/adapter/prisma-interface.ts';

const { Types } = mysql;

/** What goes over the wire: the type where one was chosen, and the value. */
function sent(value: unknown, scalarType: ArgScalarType, dbType?: string | null): unknown {
  const parameter: Parameter = toParameter(value, {
    scalarType,
    arity: 'scalar',
    ...(dbType !== undefined && { dbType }),
  });
  if (typeof parameter !== 'object' || parameter === null || Buffer.isBuffer(parameter)) return parameter;
  return [Types[parameter.type as keyof typeof Types], parameter.unsigned, String(parameter.value)];
}

describe('integers', () => {
  it.each([
    ['-9223372036854775808', ['LONGLONG', false, '-9223372036854775808']],
    ['9223372036854775807', ['LONGLONG', false, '9223372036854775807']],
    ['9223372036854775808', ['LONGLONG', true, '9223372036854775808']],
    ['18446744073709551615', ['LONGLONG', true, '18446744073709551615']],
    ['18446744073709551616', ['NEWDECIMAL', false, '18446744073709551616']],
    ['-9223372036854775809', ['NEWDECIMAL', false, '-9223372036854775809']],
  ])('a BigInt of %s keeps every digit', (text, expected) => {
    expect(sent(text, 'bigint', 'BIGINT')).toEqual(expected);
    expect(sent(BigInt(text), 'unknown')).toEqual(expected);
  });

  it('are of 32 bits where they fit, and doubles where they do not, as they were before they were parameters', () => {
    expect(sent(2_147_483_647, 'int', 'INT')).toEqual(['LONG', false, '2147483647']);
    expect(sent('7', 'int', 'INT')).toEqual(['LONG', false, '7']);
    expect(sent(2 ** 31, 'decimal')).toEqual(['DOUBLE', false, '2147483648']);
    expect(sent(5, 'bigint', null)).toEqual(['LONGLONG', false, '5']);
  });

  it('what is no integer is left to the server to refuse', () => {
    expect(sent('five', 'int', 'INT')).toBe('five');
    expect(sent('0x10', 'bigint', 'BIGINT')).toBe('0x10');
  });
});

describe('other numbers', () => {
  it('a FLOAT is compared as a FLOAT, everything else as a DOUBLE', () => {
    expect(sent(1.1, 'decimal', 'FLOAT')).toEqual(['FLOAT', false, '1.1']);
    expect(sent(1, 'decimal', 'DOUBLE')).toEqual(['DOUBLE', false, '1']);
    expect(sent(0.1, 'decimal')).toEqual(['DOUBLE', false, '0.1']);
  });

  it('a decimal is a decimal as long as one can hold it', () => {
    const longest = `${'9'.repeat(35)}.${'9'.repeat(30)}`;
    expect(sent(longest, 'decimal', 'DECIMAL')).toEqual(['NEWDECIMAL', false, longest]);
    expect(sent('-0.5', 'decimal', 'DECIMAL')).toEqual(['NEWDECIMAL', false, '-0.5']);
    for (const text of [`${longest}9`, '9'.repeat(66), '1e+20', 'NaN', '']) {
      expect(sent(text, 'decimal', 'DECIMAL')).toBe(text);
    }
  });
});

describe('points in time', () => {
  const instant = new Date('2024-02-29T12:34:56.789Z');

  it('are text in UTC, whatever the time zone of the process', () => {
    expect(sent(instant, 'datetime', 'DATETIME')).toBe('2024-02-29 12:34:56.789');
    expect(sent(instant, 'datetime', 'DATE')).toBe('2024-02-29');
    expect(sent(instant, 'datetime', 'TIME')).toBe('12:34:56.789');
    expect(sent('2024-02-29T12:34:56.000Z', 'datetime')).toBe('2024-02-29 12:34:56');
    expect(sent('2024-02-29T18:04:56+05:30', 'datetime')).toBe('2024-02-29 12:34:56');
  });

  it('keep the microseconds of a row that was read before', () => {
    expect(sent('2024-02-29T12:34:56.123456+00:00', 'datetime', 'DATETIME')).toBe('2024-02-29 12:34:56.123456');
  });

  it('what is none is left to the server to refuse', () => {
    expect(sent('soon', 'datetime', 'DATETIME')).toBe('soon');
  });
});

describe('the rest', () => {
  it('bytes come as base64 or as they are', () => {
    expect(sent('AP8=', 'bytes', 'BLOB')).toEqual(Buffer.from([0, 255]));
    expect(sent(new Uint8Array([1, 2, 3]).subarray(1), 'bytes')).toEqual(Buffer.from([2, 3]));
  });

  it('strings, booleans and null are themselves; a list is JSON', () => {
    expect(sent("it's ?", 'string', 'VARCHAR')).toBe("it's ?");
    expect(sent(true, 'boolean', 'TINYINT')).toBe(true);
    expect(sent(null, 'int', 'INT')).toBeNull();
    expect(sent([1, 'a'], 'unknown')).toBe('[1,"a"]');
  });

  it('tells combinations of types apart', () => {
    const values: readonly Parameter[] = [
      'a',
      null,
      true,
      Buffer.of(1),
      toParameter(1n, { scalarType: 'bigint', arity: 'scalar' }),
    ];
    const types = values.map((value) => typesOf([value]));
    expect(new Set(types).size).toBe(values.length);
    expect(typesOf(values)).toBe(types.join());
  });
});

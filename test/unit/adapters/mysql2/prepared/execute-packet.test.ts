import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import mysql from 'mysql2';
import { describe, expect, it } from 'vitest';
import { executePacket, isUtf8 } from '../../../../../adapters/mysql2/prepared/execute-packet.ts';
import { type Parameter, toParameter } from '../../../../../adapters/prisma/adapter/parameter.ts';
import { bodyOf, executeOfMysql2 } from '../../../../support/mysql2/execute-of-mysql2.ts';

const { TypedParameter: typed, Types } = mysql;

const require = createRequire(import.meta.url);
const mysql2 = dirname(require.resolve('mysql2/package.json'));
const encodings = require(join(mysql2, 'lib/constants/charset_encodings.js')) as readonly string[];

const left: readonly unknown[] = [
  undefined,
  1n,
  new Date(0),
  { a: 1 },
  [1],
  new Uint8Array(3),
  Symbol.iterator,
  () => 1,
  typed.LONG(null),
  typed.NULL(),
  typed.TIME('01:00:00'),
  typed.JSON('{}'),
  typed.NEWDECIMAL(5),
  Object.create(null),
];

describe('executePacket', () => {
  it.each([251, 252, 300])('counts %s parameters as mysql2 does', (count) => {
    const parameters = Array.from({ length: count }, (_, index) => (index % 3 === 0 ? null : `${index}`));
    expect(bodyOf(executePacket(1, parameters, [], { queryAttributes: true }))).toBe(
      bodyOf(executeOfMysql2(1, parameters, [], true)),
    );
  });

  it.each(left.map((value, index) => [index, value]))('leaves to mysql2 what it does not know (%s)', (_, value) => {
    expect(executePacket(1, [1, value], [], { queryAttributes: false })).toBeUndefined();
  });

  it('leaves to mysql2 what is out of range, which it refuses', () => {
    for (const [sample, value] of [
      [typed.LONG(1), 2n ** 31n],
      [typed.LONG.unsigned(1), -1n],
      [typed.LONGLONG(1), 2n ** 63n],
      [typed.LONGLONG.unsigned(1), -1n],
    ] as const) {
      const wrong = Object.assign(Object.create(Object.getPrototypeOf(sample) as object) as object, sample, { value });
      expect(executePacket(1, [wrong], [], { queryAttributes: false })).toBeUndefined();
      expect(() => executeOfMysql2(1, [wrong], [], false)).toThrow(RangeError);
    }
  });

  it('leaves to mysql2 what does not fit one packet', () => {
    const largest = 'x'.repeat(0xff_ff_ff - 10 - 4 - 4 - 1);
    expect(executePacket(1, [largest], [], { queryAttributes: false })).toHaveLength(0xff_ff_ff + 4 - 1);
    expect(executePacket(1, [`${largest}x`], [], { queryAttributes: false })).toBeUndefined();
  });

  it('takes all that an ORM sends, so that nothing of it is slow', () => {
    const values = ['x', 1, 2n ** 63n, true, null, new Date(0), new Uint8Array(3), { a: 1 }, 1.5, -(2n ** 63n)];
    const parameters: Parameter[] = values.map((value) =>
      toParameter(value, { scalarType: 'unknown', arity: 'scalar' }),
    );
    expect(executePacket(1, parameters, [], { queryAttributes: true })).toBeInstanceOf(Buffer);
  });
});

it('a typed parameter is known in a program whose names were made short', () => {
  const Class = typed.LONG(1).constructor;
  const name = Object.getOwnPropertyDescriptor(Class, 'name') ?? {};
  Object.defineProperty(Class, 'name', { ...name, value: 'e' });
  try {
    expect(executePacket(1, [typed.LONG(1)], [], { queryAttributes: false })).toBeInstanceOf(Buffer);
  } finally {
    Object.defineProperty(Class, 'name', name);
  }
});

describe('isUtf8', () => {
  it('is true of charsets only that mysql2 sends as UTF-8, and of all of utf8mb4 that it can be told', () => {
    const wrong = Array.from({ length: 4096 }, (_, id) => id).filter((id) => isUtf8(id) && encodings[id] !== 'utf8');
    expect(wrong).toEqual([]);
    const names = Object.entries(mysql.Charsets as unknown as Record<string, number>);
    expect(names.filter(([name, id]) => name.startsWith('UTF8MB4_') && !isUtf8(id))).toEqual([]);
  });
});

it('the types are those of the protocol', () => {
  expect([Types.LONG, Types.LONGLONG, Types.NEWDECIMAL]).toEqual([3, 8, 246]);
});

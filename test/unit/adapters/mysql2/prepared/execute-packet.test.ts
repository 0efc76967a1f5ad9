import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as fc from 'fast-check';
import mysql from 'mysql2';
import { describe, expect, it } from 'vitest';
import { executePacket, isUtf8 } from '../../../../../adapters/mysql2/prepared/execute-packet.ts';
import type { ParameterHint } from '../../../../../adapters/mysql2/prepared/parameter-bytes.ts';
import { type Parameter, toParameter } from '../../../../../adapters/prisma/adapter/parameter.ts';

const { TypedParameter: typed, Types } = mysql;

const require = createRequire(import.meta.url);
const mysql2 = dirname(require.resolve('mysql2/package.json'));
const encodings = require(join(mysql2, 'lib/constants/charset_encodings.js')) as readonly string[];

type Execute = new (
  id: number,
  parameters: readonly unknown[],
  charsetNumber: number,
  timezone: string,
  attributes: undefined,
  clientFlags: number,
  isMariaDb: boolean,
  hints: readonly ParameterHint[],
) => { toPacket(): { readonly buffer: Buffer } };
const Execute = require(join(mysql2, 'lib/packets/execute.js')) as Execute;

const clientQueryAttributes = 0x8_00_00_00;
const utf8mb4 = 224;

/** From the command on: what is before it is written later, and until then whatever was in memory. */
function body(packet: Buffer | undefined): string | undefined {
  return packet?.subarray(4).toString('hex');
}

function ofMysql2(id: number, parameters: readonly unknown[], hints: readonly ParameterHint[], attributes: boolean) {
  const flags = attributes ? clientQueryAttributes : 0;
  return new Execute(id, parameters, utf8mb4, 'Z', undefined, flags, false, hints).toPacket().buffer;
}

const int64 = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n);
const parameter: fc.Arbitrary<unknown> = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.integer({ min: 240, max: 270 }).map((length) => 'ä'.repeat(length)),
  fc.integer({ min: 65_530, max: 65_540 }).map((length) => 'x'.repeat(length)),
  fc.string({ unit: fc.integer({ min: 0, max: 0xff_ff }).map((unit) => String.fromCharCode(unit)) }),
  fc.boolean(),
  fc.double(),
  fc.constant(null),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  fc.integer({ min: 65_530, max: 65_540 }).map((length) => Buffer.alloc(length, 7)),
  fc.integer().map((value) => typed.LONG(value)),
  fc.bigInt(0n, 2n ** 32n - 1n).map((value) => typed.LONG.unsigned(value)),
  int64.map((value) => typed.LONGLONG(value)),
  fc.bigInt(0n, 2n ** 64n - 1n).map((value) => typed.LONGLONG.unsigned(value)),
  fc.double().map((value) => typed.FLOAT(value)),
  fc.double().map((value) => typed.DOUBLE(value)),
  int64.map((value) => typed.NEWDECIMAL(`${value}.5`)),
);
const hint: fc.Arbitrary<ParameterHint> = fc.record({
  columnType: fc.constantFrom(1, 2, 3, 5, 8, 9, 246, 253),
  flags: fc.constantFrom(0, 32, 32 | 1),
});

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
  it.each([true, false])('makes the bytes that mysql2 makes (query attributes: %s)', (queryAttributes) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 32 - 1 }),
        fc.array(fc.tuple(parameter, fc.option(hint, { nil: undefined })), { maxLength: 20 }),
        (id, pairs) => {
          const parameters = pairs.map(([value]) => value);
          const hints = pairs.map(([, about]) => about) as readonly ParameterHint[];
          const expected = body(ofMysql2(id, parameters, hints, queryAttributes));
          const packet = executePacket(id, parameters, hints, { queryAttributes });
          const declines = pairs.some(([value, about]) => typeof value === 'number' && about !== undefined);
          if (packet === undefined) expect(declines).toBe(true);
          else expect(body(packet)).toBe(expected);
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([251, 252, 300])('counts %s parameters as mysql2 does', (count) => {
    const parameters = Array.from({ length: count }, (_, index) => (index % 3 === 0 ? null : `${index}`));
    expect(body(executePacket(1, parameters, [], { queryAttributes: true }))).toBe(
      body(ofMysql2(1, parameters, [], true)),
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
      expect(() => ofMysql2(1, [wrong], [], false)).toThrow(RangeError);
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

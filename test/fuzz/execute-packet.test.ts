import * as fc from 'fast-check';
import mysql from 'mysql2';
import { describe, expect, it } from 'vitest';
import { executePacket } from '../../adapters/mysql2/prepared/execute-packet.ts';
import type { ParameterHint } from '../../adapters/mysql2/prepared/parameter-bytes.ts';
import { fuzzRun } from '../support/fuzz/fuzz-run.ts';
import { bodyOf, executeOfMysql2 } from '../support/mysql2/execute-of-mysql2.ts';

const { TypedParameter: typed } = mysql;

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

describe('executePacket', () => {
  it.each([true, false])('makes the bytes that mysql2 makes (query attributes: %s)', (queryAttributes) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 32 - 1 }),
        fc.array(fc.tuple(parameter, fc.option(hint, { nil: undefined })), { maxLength: 20 }),
        (id, pairs) => {
          const parameters = pairs.map(([value]) => value);
          const hints = pairs.map(([, about]) => about) as readonly ParameterHint[];
          const expected = bodyOf(executeOfMysql2(id, parameters, hints, queryAttributes));
          const packet = executePacket(id, parameters, hints, { queryAttributes });
          const declines = pairs.some(([value, about]) => typeof value === 'number' && about !== undefined);
          if (packet === undefined) expect(declines).toBe(true);
          else expect(bodyOf(packet)).toBe(expected);
        },
      ),
      fuzzRun(500),
    );
  });
});

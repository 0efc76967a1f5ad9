import { describe, expect, it } from 'vitest';
import { readCommand, textOfQuery } from '../../../../../adapters/testing/protocol/command.ts';

const plain = { isCompressed: false, queryAttributes: false, deprecateEof: false, optionalMetadata: false };
const withAttributes = { ...plain, queryAttributes: true };
const sql = 'SELECT 1';

/** A COM_QUERY with attributes: type, value. */
function attributed(values: readonly (readonly [type: number, value: number[] | null])[]): Buffer {
  const nulls = Buffer.alloc((values.length + 7) >> 3);
  values.forEach(([, value], index) => {
    if (value === null) nulls[index >> 3] = (nulls[index >> 3] ?? 0) | (1 << (index & 7));
  });
  return Buffer.concat([
    Buffer.from([values.length, 1]),
    nulls,
    Buffer.from([1]),
    Buffer.from(values.flatMap(([type]) => [type, 0, 1, 0x61])),
    Buffer.from(values.flatMap(([, value]) => value ?? [])),
    Buffer.from(sql),
  ]);
}

describe('the text of a query', () => {
  it('is all of it where nothing else was agreed upon', () => {
    expect(textOfQuery(Buffer.from('SELECT "ä"'), plain)).toBe('SELECT "ä"');
    expect(textOfQuery(Buffer.alloc(0), plain)).toBe('');
  });

  it('stands behind the count of its attributes', () => {
    expect(textOfQuery(Buffer.from(`\x00\x01${sql}`), withAttributes)).toBe(sql);
  });

  it('stands behind its attributes, whatever their types are', () => {
    const eight = [1, 2, 3, 4, 5, 6, 7, 8];
    const values: readonly (readonly [number, number[] | null])[] = [
      [1, [9]],
      [2, [9, 9]],
      [3, [9, 9, 9, 9]],
      [4, [9, 9, 9, 9]],
      [5, eight],
      [6, []],
      [7, [4, 1, 2, 3, 4]],
      [8, eight],
      [9, [9, 9, 9, 9]],
      [10, [0]],
      [11, [8, ...eight]],
      [12, [11, ...eight, 9, 9, 9]],
      [13, [9, 9]],
      [253, [2, 0x53, 0x45]],
      [254, [0xfc, 3, 0, 1, 2, 3]],
      [252, null],
      [246, null],
      [3, [1, 1, 1, 1]],
    ];
    expect(textOfQuery(attributed(values), withAttributes)).toBe(sql);
  });

  it.each([
    [[]],
    [[1]],
    [[1, 1]],
    [[1, 1, 0, 0]],
    [[1, 1, 0, 1, 253, 0, 5, 1]],
    [[1, 1, 0, 1, 253, 0, 0, 200]],
    [[0xff, 1]],
  ])('cannot be read where that ends too early: %j', (bytes) => {
    expect(() => textOfQuery(Buffer.from(bytes), withAttributes)).toThrow(RangeError);
  });
});

describe('a command', () => {
  it.each([
    [1, 'other', 'none'],
    [3, 'query', 'result'],
    [14, 'other', 'single'],
    [17, 'forget', 'login'],
    [18, 'other', 'endless'],
    [22, 'prepare', 'prepare'],
    [23, 'execute', 'result'],
    [25, 'close', 'none'],
    [28, 'other', 'rows'],
    [31, 'forget', 'single'],
    [250, 'execute', 'result'],
  ])('of number %i is of kind %s, and its answer is: %s', (number, kind, answer) => {
    const body = Buffer.from('abc');
    expect(readCommand(Buffer.concat([Buffer.from([number]), body]))).toEqual({ kind, answer, body });
  });

  it.each([[[]], [[0]], [[99]], [[255]]])('is none: %j', (bytes) => {
    expect(readCommand(Buffer.from(bytes))).toBeUndefined();
  });
});

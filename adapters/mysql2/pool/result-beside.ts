import { causesOf, isObject } from '../../../src/internal.ts';

type Beside = readonly [rows: unknown, fields: unknown];

/** mysql2 calls back with a result beside the error where a file for LOAD DATA LOCAL could not be read to its end. */
const results = new WeakMap<object, Beside>();

export function keepResultBeside(error: unknown, rows: unknown, fields: unknown): void {
  if (rows !== undefined && isObject(error)) results.set(error, [rows, fields]);
}

/** What mysql2 would have called back with beside this error, or beside the one that it was made from; empty for nearly all. */
export function resultBeside(error: unknown): Beside | readonly [] {
  for (const link of causesOf(error)) {
    const found = isObject(link) ? results.get(link) : undefined;
    if (found !== undefined) return found;
  }
  return [];
}

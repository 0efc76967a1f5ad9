import { EventEmitter } from 'node:events';
import { isDate } from 'node:util/types';

/**
 * What a caller hands over is his, and he may use it for his next statement before this one is sent: gone-away waits for a connection, or sends
 * a statement once more. So a statement is what it was when it was called: mysql2 copies its options in the turn of the call, and on a
 * connection writes its text in that turn.
 */

/** How far into one another what SQL has a form for is nested: a list of parameters, rows, a row, a value, a field of it. */
const levels = 5;

/** The text of a statement, or its options. */
export function sqlAsCalled(sql: unknown): unknown {
  // A command that was made before is one statement, and used up with it.
  if (typeof sql !== 'object' || sql === null || sql instanceof EventEmitter) return sql;
  try {
    const options = sql as { readonly sql?: unknown; readonly values?: unknown };
    // These two may be inherited, as with tagged templates.
    return { ...options, sql: options.sql, values: valuesAsCalled(options.values) };
  } catch {
    // What it throws when it is read, its caller hears when mysql2 reads it.
    return sql;
  }
}

/** The parameters of a statement. What is neither data nor a plain object, such as a class of the caller's, stays what it is. */
export function valuesAsCalled(values: unknown): unknown {
  try {
    return copy(values, levels);
  } catch {
    return values;
  }
}

function copy(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth === 0) return value;
  if (Array.isArray(value)) {
    const items: unknown[] = value.slice();
    for (const [index, item] of items.entries()) {
      if (typeof item === 'object' && item !== null) items[index] = copy(item, depth - 1);
    }
    return items;
  }
  if (Buffer.isBuffer(value)) return Buffer.from(value);
  if (isDate(value)) return structuredClone(value);
  switch (Object.getPrototypeOf(value)) {
    case Uint8Array.prototype:
      return (value as Uint8Array).slice();
    case Object.prototype:
    case null:
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copy(item, depth - 1)]));
    default:
      return value;
  }
}

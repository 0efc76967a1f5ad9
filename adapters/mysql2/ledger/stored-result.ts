/**
 * The result of a keyed transaction as JSON of ASCII characters alone, whatever the charset of the connection and of the column.
 * `undefined` for `undefined`.
 *
 * Nothing is stored that would come back as something else: what a second call gets is what the first one got.
 *
 * @throws TypeError naming the place and what was found there, but no value
 */
export function encodeResult(result: unknown): string | undefined {
  if (result === undefined) return undefined;
  const found = findUnstorable(result, 'result', []);
  if (found !== undefined) {
    throw new TypeError(
      `Expected the result of a transaction with an \`idempotencyKey\` to be JSON, so that it can be stored, got ${found}; nothing was committed`,
    );
  }
  return JSON.stringify(result).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** @throws SyntaxError when somebody else wrote into the column */
export function decodeResult(stored: string | null): unknown {
  return stored === null ? undefined : JSON.parse(stored);
}

/** What is not JSON, and where; undefined if all of it is. */
function findUnstorable(value: unknown, place: string, above: readonly object[]): string | undefined {
  const what = unstorable(value, above);
  if (what !== undefined) return `${what} at \`${place}\``;
  if (typeof value !== 'object' || value === null) return undefined;
  const within = [...above, value];
  for (const [key, element] of Object.entries(value)) {
    const found = findUnstorable(element, `${place}${Array.isArray(value) ? `[${key}]` : nameOf(key)}`, within);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What this value is, if it is not JSON, whatever may be inside of it. */
function unstorable(value: unknown, above: readonly object[]): string | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? undefined : Object.is(value, -0) ? '-0' : String(value);
    case 'object':
      return value === null ? undefined : unstorableObject(value, above);
    case 'bigint':
      return 'a BigInt';
    case 'undefined':
      return 'undefined';
    default:
      return `a ${typeof value}`;
  }
}

function unstorableObject(value: object, above: readonly object[]): string | undefined {
  if (above.includes(value)) return 'a cycle';
  if (above.length >= deepest) return `more than ${deepest} levels`;
  if (Array.isArray(value)) {
    return Object.keys(value).length === value.length ? undefined : 'an array with holes or with names';
  }
  if (!isPlain(value)) return describeObject(value);
  return Object.getOwnPropertySymbols(value).length === 0 ? undefined : 'a symbol as a name';
}

const deepest = 200;

/** An object whose properties are all that there is to it. */
function isPlain(value: object): boolean {
  if ('toJSON' in value || Object.hasOwn(value, '__proto__')) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || Object.getPrototypeOf(prototype) === null) return true;
  // What mysql2 counts rows with is such an object too. Known by its properties: a minifier renames its class.
  return ['fieldCount', 'affectedRows', 'insertId'].every((key) => Object.hasOwn(value, key)) && hasOnlyData(value);
}

/** A class without a method: its objects are their properties. */
function hasOnlyData(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object;
  return Object.getOwnPropertyNames(prototype).length === 1 && Object.getPrototypeOf(prototype) === Object.prototype;
}

function describeObject(value: object): string {
  const name = value.constructor?.name ?? '';
  return /^[A-Z]\w{0,39}$/.test(name) ? `an object of class ${name}` : 'an object of a class';
}

/** A name that looks like data is not shown. */
function nameOf(key: string): string {
  return /^[A-Za-z_$][\w$]{0,39}$/.test(key) ? `.${key}` : '[...]';
}

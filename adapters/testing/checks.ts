/** @throws TypeError naming what was given and what is expected. Of a text it only says that it is one: it may be a URL, with a password */
export function expectThat(holds: boolean, name: string, value: unknown, expected: string): asserts holds {
  if (!holds) throw new TypeError(`Expected ${name} to be ${expected}, got ${describe(value)}`);
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'string') return value === '' ? 'an empty text' : 'a text';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'function') return 'a function';
  return String(value);
}

export function expectOneOf<T extends string>(
  name: string,
  value: unknown,
  expected: readonly T[],
): asserts value is T {
  if (expected.some((one) => one === value)) return;
  const given = typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : describe(value);
  throw new TypeError(`Expected ${name} to be ${expected.map((one) => `'${one}'`).join(' or ')}, got ${given}`);
}

/** An object, and nothing in it that is not among these names. */
export function expectOptions(
  name: string,
  value: unknown,
  names: readonly string[],
): asserts value is Readonly<Record<string, unknown>> {
  expectThat(typeof value === 'object' && value !== null && !Array.isArray(value), name, value, 'an object');
  for (const key of Object.keys(value)) {
    if (names.includes(key)) continue;
    throw new TypeError(`Unknown option \`${key.slice(0, 40)}\` in ${name}; expected one of: ${names.join(', ')}`);
  }
}

/** The longest delay that a timer of Node.js keeps; a longer one would fire at once. */
const longestTimer = 2_147_483_647;

export function expectMilliseconds(name: string, value: unknown): asserts value is number {
  const holds = typeof value === 'number' && value >= 0 && value <= longestTimer;
  expectThat(holds, name, value, `milliseconds from 0 to ${longestTimer}`);
}

export function expectCount(name: string, value: unknown): asserts value is number {
  expectThat(Number.isSafeInteger(value) && (value as number) >= 0, name, value, 'a whole number from 0');
}

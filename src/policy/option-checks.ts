/** Throws a TypeError for a value that an option cannot have. */
export type Check = (name: string, value: unknown) => void;

/** A check for each option, and for names that are none, what is said of them. */
export interface OptionRules {
  readonly checks: Readonly<Record<string, Check>>;
  /** Names that were options once, or are options elsewhere, with what to do instead. */
  readonly hints?: Readonly<Record<string, string>>;
}

/** The longest delay that a Node.js timer keeps; a longer one would fire at once. */
export const longestTimer = 2_147_483_647;

export const milliseconds: Check = (name, value) => {
  expect(
    typeof value === 'number' && value >= 0 && value <= longestTimer,
    name,
    value,
    `milliseconds from 0 to ${longestTimer}`,
  );
};

export const positiveMilliseconds: Check = (name, value) => {
  expect(
    typeof value === 'number' && value > 0 && value <= longestTimer,
    name,
    value,
    `milliseconds above 0, at most ${longestTimer}`,
  );
};

export function numberFrom(least: number): Check {
  return (name, value) => {
    expect(
      typeof value === 'number' && Number.isFinite(value) && value >= least,
      name,
      value,
      `a number from ${least}`,
    );
  };
}

export const wholeNumber: Check = (name, value) => {
  expect(Number.isInteger(value) && (value as number) >= 0, name, value, 'a whole number from 0');
};

export const aFunction: Check = (name, value) => expect(typeof value === 'function', name, value, 'a function');

export const aBoolean: Check = (name, value) => expect(typeof value === 'boolean', name, value, 'true or false');

export const aSignal: Check = (name, value) => expect(value instanceof AbortSignal, name, value, 'an AbortSignal');

/** An object, whatever it has in it. */
export const anyOptions: Check = (name, value) => expect(isPlainObject(value), name, value, 'an object');

/** An object with these keys, each optional. */
export function anObject(rules: OptionRules): Check {
  return (name, value) => checkKeys(name, value, rules, 'an object');
}

/** The same, or false. */
export function anObjectOrFalse(rules: OptionRules): Check {
  return (name, value) => {
    if (value !== false) checkKeys(name, value, rules, 'an object or false');
  };
}

/**
 * A copy of the options, checked: what is looked at is what was checked, and nothing that an object only inherits.
 *
 * @param name of what holds them, for messages
 * @throws TypeError naming the option, the value and what is expected
 */
export function checkedCopy<T extends object>(name: string, given: T, rules: OptionRules): T {
  const copy: T = isPlainObject(given) ? { __proto__: null, ...given } : given;
  checkKeys(name, copy, rules, 'an object', true);
  return copy;
}

/** Without the keys that are present but undefined: they mean "the default". */
export function withoutUndefined<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

/** The options with the policy's own list in the place of the user's, who may change that one later. */
export function withListOf<T extends { readonly safeFunctions?: readonly string[] | undefined }>(
  { safeFunctions }: { readonly safeFunctions: readonly string[] },
  options: T,
): T {
  return options.safeFunctions === undefined ? options : { ...options, safeFunctions };
}

export function expect(holds: boolean, name: string, value: unknown, expected: string): asserts holds {
  if (!holds) throw new TypeError(`Expected \`${name}\` to be ${expected}, got ${describeValue(value)}`);
}

/** @param isOutermost its options go by their own names, and not by a path */
function checkKeys(
  name: string,
  options: unknown,
  { checks, hints = {} }: OptionRules,
  expected: string,
  isOutermost = false,
): void {
  expect(isPlainObject(options), name, options, expected);
  for (const [key, value] of Object.entries(options)) {
    const path = isOutermost ? key : `${name}.${key}`;
    const check = Object.hasOwn(checks, key) ? checks[key] : undefined;
    if (check === undefined) throw unknownOption(name, key, path, checks, hints);
    if (value !== undefined) check(path, value);
  }
}

function unknownOption(
  name: string,
  key: string,
  path: string,
  checks: OptionRules['checks'],
  hints: Readonly<Record<string, string>>,
): TypeError {
  const hint = Object.hasOwn(hints, key) ? hints[key] : undefined;
  if (hint !== undefined) return new TypeError(`Unexpected option \`${path}\`: ${hint}`);
  const names = Object.keys(checks).join(', ');
  return new TypeError(`Unknown option \`${shortened(key)}\` in \`${name}\`; expected one of: ${names}`);
}

function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Enough of a value to recognise it by, and nothing that it may contain. */
function describeValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(shortened(value));
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}

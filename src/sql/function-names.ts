/** A stored function, as a statement or an option writes it. */
export interface FunctionName {
  /** Undefined where it is left to the session's database. */
  readonly schema: string | undefined;
  readonly name: string;
}

/** One name, bare or in backticks, of at most 64 characters, as the servers allow. */
const part = '(?:([A-Za-z_$][\\w$]{0,63})|`((?:[^`\\0]|``){1,128})`)';
const written = new RegExp(`^(?:${part}\\.)?${part}$`);

/**
 * Built-in functions that lock, wait, move a counter, or read what an earlier statement of their session has left behind: no promise makes them harmless.
 */
const WITH_EFFECTS: ReadonlySet<string> = new Set([
  ...['GET_LOCK', 'RELEASE_LOCK', 'RELEASE_ALL_LOCKS', 'IS_FREE_LOCK', 'IS_USED_LOCK'],
  ...['LAST_INSERT_ID', 'ROW_COUNT', 'FOUND_ROWS', 'UUID_SHORT'],
  ...['NEXTVAL', 'LASTVAL', 'CURRVAL', 'SETVAL'],
  ...['MASTER_POS_WAIT', 'SOURCE_POS_WAIT', 'MASTER_GTID_WAIT', 'WAIT_FOR_EXECUTED_GTID_SET'],
]);

/**
 * Reads `price_of`, `shop.price_of` or the same in backticks.
 *
 * @returns undefined for anything else
 */
export function readFunctionName(text: string): FunctionName | undefined {
  const [, bareFirst, quotedFirst, bareLast, quotedLast] = written.exec(text) ?? [];
  const name = bareLast ?? unquote(quotedLast);
  return name === undefined ? undefined : { schema: bareFirst ?? unquote(quotedFirst), name };
}

/** Whether this names a built-in function that has effects on every server. */
export function hasKnownEffects({ schema, name }: FunctionName): boolean {
  return schema === undefined && WITH_EFFECTS.has(name.toUpperCase());
}

/**
 * The same text for all ways to write one function, which is how it is printed as well. Servers do not tell upper case from lower in the names of functions; in
 * those of schemas, some do.
 */
export function formatFunctionName({ schema, name }: FunctionName): string {
  const last = quote(name.replace(/[A-Z]/g, (letter) => letter.toLowerCase()));
  return schema === undefined ? last : `${quote(schema)}.${last}`;
}

function quote(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : `\`${name.replaceAll('`', '``')}\``;
}

function unquote(quoted: string | undefined): string | undefined {
  return quoted?.replaceAll('``', '`');
}

/** More than anybody names. */
const mostNames = 10_000;

/**
 * Reads the names of functions that somebody promises to be harmless, and writes each in one form.
 *
 * @param option what holds them, for messages
 * @throws TypeError for what is no array of such names, and for a built-in function that has effects
 */
export function readFunctionNames(option: string, given: unknown): readonly string[] {
  if (!Array.isArray(given) || given.length > mostNames) {
    throw new TypeError(`Expected \`${option}\` to be an array of names of functions, got ${describe(given)}`);
  }
  return Object.freeze(Array.from(given, (text, index) => formatFunctionName(readOne(`${option}[${index}]`, text))));
}

function readOne(place: string, text: unknown): FunctionName {
  const name = typeof text === 'string' ? readFunctionName(text) : undefined;
  if (name === undefined) {
    throw new TypeError(
      `Expected \`${place}\` to be the name of a function, as in 'price_of' or 'shop.price_of', got ${describe(text)}`,
    );
  }
  if (hasKnownEffects(name)) {
    throw new TypeError(`Expected \`${place}\` to be a function without effects, got ${describe(text)}`);
  }
  return name;
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value);
  if (Array.isArray(value)) return value.length > mostNames ? `one of ${value.length} elements` : 'an array';
  if (typeof value === 'function') return 'a function';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

import type { PoolOptions } from 'mysql2/promise';
import { type ConnectionUrl, readConnectionUrl } from './connection-url.ts';
import { type CredentialsFunction, typeNameOf } from './credentials.ts';
import { isClient } from './describe-source.ts';
import type { UrlLimits } from './url-parameters.ts';

/** The options of mysql2 for a pool that gone-away makes, and one more. */
export interface ResilientPoolOptions extends PoolOptions {
  /**
   * Says as whom a new connection logs in, where that changes: `async () => ({ user, password })`. For tokens of RDS IAM, Secrets Manager, Vault. Takes the place of
   * `user` and `password`.
   *
   * Asked before each new connection, also those beside the pool. Connections that begin together ask once. When the server refuses what it gave (1045), it is asked
   * once more, and what it gives then is tried, if it is something else. An answer may take as long as `connectTimeout` (10_000 milliseconds by default). One that
   * throws, or takes longer, is a connection that could not be made: it is tried again for `maxRetryTime`. One that gives something else is a TypeError.
   *
   * Default: none; `user` and `password` are read once, or, where they are getters, for each new connection.
   */
  readonly credentials?: CredentialsFunction | undefined;
}

/** What a pool is made from. */
export interface PoolRecipe {
  readonly options: PoolOptions;
  /** Gives `{ user, password }`, if the options do not. */
  readonly credentials: (() => unknown) | undefined;
  /** What a policy gets that says nothing of them. */
  readonly limits: UrlLimits;
}

/**
 * How to make a pool from options or a URL; undefined if this is something else, a pool for example. Pure, and reads no getter of credentials.
 *
 * @throws TypeError for a URL that cannot be read, and for `credentials` that are none, or not the only ones
 */
export function poolRecipe(source: unknown): PoolRecipe | undefined {
  if (typeof source === 'string') return { ...readConnectionUrl(source), credentials: undefined };
  return isOptions(source) ? recipeFromOptions(source) : undefined;
}

function isOptions(source: unknown): source is ResilientPoolOptions {
  if (typeof source !== 'object' || source === null || isClient(source)) return false;
  const prototype: unknown = Object.getPrototypeOf(source);
  return prototype === Object.prototype || prototype === null;
}

/** What may change from one connection to the next. */
const changeable: readonly string[] = ['user', 'password'];

function recipeFromOptions(source: ResilientPoolOptions): PoolRecipe {
  const { credentials } = source;
  if (credentials !== undefined && typeof credentials !== 'function') {
    throw new TypeError(
      `Expected \`credentials\` to be a function that gives { user, password }, got ${typeNameOf(credentials)}`,
    );
  }
  const changing = changeable.filter((name) => Object.getOwnPropertyDescriptor(source, name)?.get !== undefined);
  const own = Object.keys(source).filter((name) => ![...changing, 'credentials', 'uri'].includes(name));
  const given = Object.fromEntries(own.map((name) => [name, Reflect.get(source, name)]));
  const { options, limits } = withUrl(given, source.uri, changing);
  if (credentials !== undefined) {
    const other = ['password', 'password1', 'passwordSha1'].find(
      (name) => changing.includes(name) || isIn(options, name),
    );
    if (other === undefined) return { options, limits, credentials };
    throw new TypeError(`Expected \`credentials\` or \`${other}\`, got both`);
  }
  if (changing.length === 0) return { options, limits, credentials: undefined };
  const now = (name: 'user' | 'password'): unknown => (changing.includes(name) ? source : options)[name];
  // As mysql2 would: who has none logs in without.
  return { options, limits, credentials: () => ({ user: now('user') ?? '', password: now('password') ?? '' }) };
}

/** As mysql2 does: what is given beside a URL comes first, unless it is nothing. */
function withUrl(given: object, uri: unknown, changing: readonly string[]): ConnectionUrl {
  if (!uri) return { options: given, limits: {} };
  if (typeof uri !== 'string' && !(uri instanceof URL)) {
    throw new TypeError(`Expected \`uri\` to be a URL, got ${typeNameOf(uri)}`);
  }
  const { options, limits } = readConnectionUrl(String(uri));
  const missing = Object.entries(options).filter(([name]) => !isIn(given, name) && !changing.includes(name));
  return { options: { ...given, ...Object.fromEntries(missing) }, limits };
}

function isIn(options: object, name: string): boolean {
  return Boolean(Reflect.get(options, name));
}

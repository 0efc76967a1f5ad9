import { noCredentialsCode, propertyOf } from '../../../src/internal.ts';

/** As whom a connection logs in. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** Gives the credentials for a new connection, at once or as a promise. */
export type CredentialsFunction = () => Credentials | PromiseLike<Credentials>;

/**
 * What `credentials` gave, if that is what it has to be. Pure.
 *
 * @throws TypeError naming the type of what was given, and never its value
 */
export function checkedCredentials(given: unknown): Credentials {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new TypeError(`Expected \`credentials\` to give { user, password }, got ${typeNameOf(given)}`);
  }
  return { user: checkedText('user', given), password: checkedText('password', given) };
}

function checkedText(name: keyof Credentials, given: object): string {
  const text = propertyOf(given, name);
  if (typeof text === 'string') return text;
  throw new TypeError(
    `Expected \`credentials\` to give a \`${name}\` that is a string, got ${typeNameOf(text)}${hintFor(text)}`,
  );
}

function hintFor(value: unknown): string {
  if (!isThenable(value)) return '';
  return ': give `credentials: async () => ({ user, password })`, which is waited for';
}

/** Enough to see what went wrong. The value may be a password. */
export function typeNameOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  if (isThenable(value)) return 'a promise';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && typeof propertyOf(value, 'then') === 'function';
}

/** The error of a connection that was not begun, because nobody said as whom. What `credentials` itself threw is the `cause`, and not in the message. */
export function noCredentials(what: string, options?: ErrorOptions): Error {
  const error = new Error(`No connection was begun: \`credentials\` ${what}`, options);
  return Object.assign(error, { code: noCredentialsCode });
}

import { createHash, randomBytes } from 'node:crypto';

/** A primary key of the ledger, as hexadecimal digits: 16 bytes for an attempt, 32 for a key, so that no key is ever taken for an attempt. */
export type Token = string & { readonly token: never };

/** A new token: every attempt has its own, for one that was fenced can never be committed. */
export function randomToken(): Token {
  return randomBytes(16).toString('hex') as Token;
}

/** The token of a caller's key. A hash: it has one length, tells nobody what the key was, and two keys that collide are not to be found. */
export function tokenOfKey(key: string): Token {
  return createHash('sha256').update('gone-away idempotency key\0').update(key, 'utf8').digest('hex') as Token;
}

import { describe, expect, it } from 'vitest';
import { withResilience } from '../../../../../adapters/mysql2/index.ts';
import { poolRecipe } from '../../../../../adapters/mysql2/source/pool-recipe.ts';
import { PrismaMySQL2 } from '../../../../../adapters/prisma/adapter/index.ts';
import { retryPolicy } from '../../../../../src/index.ts';

const credentials = () => ({ user: 'u', password: 'SECRET' });

describe('what a pool is made from', () => {
  it('plain options, as they are', () => {
    const options = { host: 'h', ssl: {} };
    expect(poolRecipe(options)).toEqual({ options, credentials: undefined, limits: {} });
    expect(poolRecipe(options)?.options).not.toBe(options);
    expect(poolRecipe(options)?.options.ssl).toBe(options.ssl);
  });

  it('`credentials`, which mysql2 does not see', () => {
    expect(poolRecipe({ host: 'h', user: 'u', credentials })).toEqual({
      options: { host: 'h', user: 'u' },
      credentials,
      limits: {},
    });
    expect(poolRecipe({ host: 'h', password: '', credentials: undefined })).toEqual({
      options: { host: 'h', password: '' },
      credentials: undefined,
      limits: {},
    });
  });

  it('getters of `user` and `password`, which are not read before they are needed', () => {
    const read: string[] = [];
    const recipe = poolRecipe({
      host: 'h',
      get user() {
        read.push('user');
        return `u${read.length}`;
      },
      get password() {
        read.push('password');
        return undefined as never;
      },
    });
    expect(recipe?.options).toEqual({ host: 'h' });
    expect(read).toEqual([]);
    expect([recipe?.credentials?.(), recipe?.credentials?.()]).toEqual([
      { user: 'u1', password: '' },
      { user: 'u3', password: '' },
    ]);
  });

  it('a URL beside options, which come first where they say something', () => {
    const uri = 'mysql://u:p@h:3307/d?connection_limit=3&charset=latin1&pool_timeout=2';
    const expected = { host: 'h', port: 3307, user: 'u', password: 'p', database: 'd' };
    expect(poolRecipe({ uri, connectionLimit: 5, host: '', charset: undefined as never })).toEqual({
      options: { ...expected, connectionLimit: 5, charset: 'latin1' },
      credentials: undefined,
      limits: { acquireTimeout: 2_000 },
    });
    expect(poolRecipe({ uri: new URL(uri) as never })?.options).toMatchObject(expected);
    expect(() => poolRecipe({ uri: 5 as never })).toThrow(/^Expected `uri` to be a URL, got a number$/);
  });

  it('a URL for where, and `credentials` or getters for whom', () => {
    const uri = 'mysql://u@h/d';
    expect(poolRecipe({ uri, credentials })).toMatchObject({ options: { host: 'h', database: 'd' }, credentials });
    const recipe = poolRecipe({
      uri,
      get password() {
        return 'now';
      },
    });
    expect(recipe?.credentials?.()).toEqual({ user: 'u', password: 'now' });
  });

  it('nothing else', () => {
    for (const other of [undefined, null, 5, new Map(), { getConnection() {} }])
      expect(poolRecipe(other)).toBeUndefined();
  });

  it.each<[string, object, RegExp]>([
    ['an object', { credentials: credentials() }, /^Expected `credentials` to be a function .*, got an object$/],
    ['a promise', { credentials: Promise.resolve(credentials()) }, /got a promise$/],
    ['null', { credentials: null }, /got null$/],
    ['a password beside it', { credentials, password: 'SECRET' }, /^Expected `credentials` or `password`, got both$/],
    ['a password in the URL beside it', { uri: 'mysql://u:SECRET@h/d', credentials }, /or `password`, got both$/],
    ['a hash beside it', { credentials, passwordSha1: Buffer.from('SECRET') }, /or `passwordSha1`, got both$/],
    [
      'a getter beside it',
      {
        credentials,
        get password(): string {
          throw new Error('SECRET');
        },
      },
      /or `password`, got both$/,
    ],
  ])('no `credentials` with %s', (_, options, message) => {
    expect(() => withResilience(options as never)).toThrow(message);
    expect(() => new PrismaMySQL2(options as never)).toThrow(message);
    expect(() => withResilience(options as never)).toThrow(/^(?!.*SECRET)/);
  });

  it('is said where `credentials` are given in the wrong place', () => {
    expect(() => retryPolicy({ credentials } as never)).toThrow(/^Unexpected option `credentials`: it belongs to/);
    expect(() => new PrismaMySQL2('mysql://h/d', { credentials } as never)).toThrow(/^Unexpected option `credentials`/);
  });
});

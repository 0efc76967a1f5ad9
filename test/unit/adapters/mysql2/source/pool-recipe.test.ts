import { describe, expect, it } from 'vitest';
import { withResilience } from '../../../../../adapters/mysql2/index.ts';
import { poolRecipe } from '../../../../../adapters/mysql2/source/pool-recipe.ts';
import { PrismaMySQL2 } from '../../../../../adapters/prisma/adapter/index.ts';
import { retryPolicy } from '../../../../../src/index.ts';

const credentials = () => ({ user: 'u', password: 'SECRET' });

describe('what a pool is made from', () => {
  it('plain options, as they are', () => {
    const options = { host: 'h', ssl: {} };
    expect(poolRecipe(options)).toEqual({ options, credentials: undefined });
    expect(poolRecipe(options)?.options).not.toBe(options);
    expect(poolRecipe(options)?.options.ssl).toBe(options.ssl);
  });

  it('`credentials`, which mysql2 does not see', () => {
    expect(poolRecipe({ host: 'h', user: 'u', credentials })).toEqual({
      options: { host: 'h', user: 'u' },
      credentials,
    });
    expect(poolRecipe({ host: 'h', password: '', credentials: undefined })).toEqual({
      options: { host: 'h', password: '' },
      credentials: undefined,
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

  it('nothing else', () => {
    for (const other of [undefined, null, 5, new Map(), { getConnection() {} }])
      expect(poolRecipe(other)).toBeUndefined();
  });

  it.each<[string, object, RegExp]>([
    ['an object', { credentials: credentials() }, /^Expected `credentials` to be a function .*, got an object$/],
    ['a promise', { credentials: Promise.resolve(credentials()) }, /got a promise$/],
    ['null', { credentials: null }, /got null$/],
    ['a password beside it', { credentials, password: 'SECRET' }, /^Expected `credentials` or `password`, got both$/],
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

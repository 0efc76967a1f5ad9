import type { Pool, PoolOptions } from 'mysql2/promise';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  type Credentials,
  type Resilient,
  type ResilientPoolOptions,
  withResilience,
} from '../../adapters/mysql2/index.ts';
import { PrismaMySQL2 } from '../../adapters/prisma/adapter/index.ts';
import { PrismaClient } from '../../prisma/generated/client.ts';
import { AcquireTimeoutError, classify, type ResilienceOptions } from '../../src/index.ts';
import { failureOf, messagesOf } from '../contract/outcome.ts';
import { expectNoSecret } from '../support/mysql2/expect-no-secret.ts';
import { RotatingUser } from '../support/mysql2/rotating-user.ts';
import { unhurried, useStage } from '../support/stage.ts';

describe('a function for credentials that', unhurried, () => {
  const stage = useStage('credentials-function');
  let user: RotatingUser;

  beforeEach(async () => {
    user = new RotatingUser(stage, 'rotating');
    await user.create();
  });

  /** Where to connect to, and not as whom. */
  const place = (): PoolOptions => {
    const { user: _, password: __, ...rest } = stage.proxied();
    return { ...rest, connectTimeout: 2_000, connectionLimit: 5 };
  };
  const open = (options: ResilientPoolOptions, policy: ResilienceOptions = {}): Resilient<Pool> =>
    stage.closing(withResilience({ ...place(), ...options }, policy));

  test('throws is a connection that could not be made: it is asked again', async () => {
    const credentials = () => {
      user.asked += 1;
      if (user.asked < 3) throw new Error('SECRET-vault');
      return { user: user.name, password: user.password };
    };
    const pool = open({ credentials });
    await pool.query('SELECT 1');
    expect(user.asked).toBe(3);
  });

  test('rejects all the time ends the call after `maxRetryTime`, with what it threw as the cause', async () => {
    const thrown = Object.assign(new Error('the vault is sealed'), { errno: 1045, code: 'ECONNREFUSED' });
    const pool = open({ credentials: () => Promise.reject(thrown) }, { maxRetryTime: 200 });
    const error = await failureOf(pool.query('SELECT 1'));
    expect(error).toBeInstanceOf(AcquireTimeoutError);
    expect(error.message).toMatch(/`credentials` has given nothing to connect to 127\.0\.0\.1:\d+ with for \d+ ms/);
    expect(error.cause).toMatchObject({ code: 'ERR_GONE_AWAY_CREDENTIALS', cause: thrown });
    expect(classify(error.cause)).toMatchObject({ kind: 'connect', outcome: 'not-executed', transient: true });
  });

  test('never answers is given up after `connectTimeout`, and asked again', async () => {
    const credentials = () => {
      user.asked += 1;
      return user.asked < 3 ? new Promise<never>(() => {}) : { user: user.name, password: user.password };
    };
    const pool = open({ credentials, connectTimeout: 300 });
    await pool.query('SELECT 1');
    expect(user.asked).toBeGreaterThanOrEqual(3);
  });

  test('never answers at all ends the call after `maxRetryTime`', async () => {
    const pool = open({ credentials: () => new Promise(() => {}), connectTimeout: 50 }, { maxRetryTime: 200 });
    const error = await failureOf(pool.query('SELECT 1'));
    expect(messagesOf(error).join()).toMatch(/gave nothing within 50 ms \(`connectTimeout` of the pool\)/);
  });

  test.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /to give \{ user, password \}, got undefined$/],
    ['a text', 'SECRET', /to give \{ user, password \}, got a string$/],
    ['no user', { password: 'SECRET' }, /`user` that is a string, got undefined$/],
    ['no password', { user: 'SECRET' }, /`password` that is a string, got undefined$/],
    [
      'a promise for a password',
      { user: 'u', password: Promise.resolve('SECRET') },
      /got a promise: give `credentials: async/,
    ],
    ['bytes', { user: 'u', password: Buffer.from('SECRET') }, /`password` that is a string, got an object$/],
  ])('gives %s is a TypeError at once, which does not repeat it', async (_, given, message) => {
    let asked = 0;
    const credentials = () => {
      asked += 1;
      return given as Credentials;
    };
    const error = await failureOf(open({ credentials }).query('SELECT 1'));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(message);
    expect(asked).toBe(1);
    expectNoSecret(error);
  });

  test('is asked while the pool ends keeps nobody: the call hears of the end', async () => {
    let answer: (credentials: Credentials) => void = () => {};
    let asked = false;
    const credentials = () => {
      asked = true;
      return new Promise<Credentials>((resolve) => {
        answer = resolve;
      });
    };
    const pool = withResilience({ ...place(), credentials });
    const read = failureOf(pool.query('SELECT 1'));
    await expect.poll(() => asked).toBe(true);
    await pool.end();
    answer(user.credentials());
    expect((await read).message).toMatch(/Pool is closed/);
    expect(await stage.server.threads(user.name)).toEqual([]);
  });

  test('that has not answered when `maxRetryTime` is over is what the error names', async () => {
    const pool = open({ credentials: () => new Promise(() => {}) }, { maxRetryTime: 100 });
    const error = await failureOf(pool.query('SELECT 1'));
    expect(error).toBeInstanceOf(AcquireTimeoutError);
    expect(error.message).toMatch(/: `credentials` of the pool has not answered for \d+ ms \(`maxRetryTime: 100`\)/);
  });

  test('gives none is a server that cannot be reached (P1001) to Prisma', async () => {
    const credentials = () => Promise.reject(new Error('SECRET-vault'));
    const adapter = new PrismaMySQL2({ ...place(), credentials }, { policy: { maxRetryTime: 200 } });
    const prisma = stage.closing(Object.assign(new PrismaClient({ adapter }), { end: async () => {} }));
    const error = await failureOf(prisma.$queryRaw`SELECT 1` as Promise<unknown>);
    await prisma.$disconnect();
    expect(error).toMatchObject({ code: 'P1001' });
    expect(error.message).not.toContain('SECRET');
  });
});

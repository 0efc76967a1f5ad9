import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/mysql2';
import type { Pool, PoolOptions, RowDataPacket } from 'mysql2/promise';
import { beforeEach, describe, expect, test } from 'vitest';
import { withResilience as withResilientDrizzle } from '../../adapters/drizzle/index.ts';
import {
  type Credentials,
  type Resilient,
  type ResilientPoolOptions,
  withResilience,
} from '../../adapters/mysql2/index.ts';
import { PrismaMySQL2 } from '../../adapters/prisma/adapter/index.ts';
import { PrismaClient } from '../../prisma/generated/client.ts';
import { classify, type ResilienceOptions } from '../../src/index.ts';
import { failureOf, later } from '../contract/outcome.ts';
import { expectNoSecret } from '../support/mysql2/expect-no-secret.ts';
import { RotatingUser } from '../support/mysql2/rotating-user.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';

const idOf = async (pool: Pool) =>
  Number((await pool.query<RowDataPacket[]>('SELECT CONNECTION_ID() AS id'))[0][0]?.id);

describe('credentials that change', unhurried, () => {
  const stage = useStage('credentials');
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

  describe.each<[string, () => { ask(): Promise<unknown>; end(): Promise<unknown> }]>([
    [
      'a pool',
      () => {
        const pool = withResilience({ ...place(), credentials: user.credentials });
        return { ask: () => pool.query('SELECT 1'), end: () => pool.end() };
      },
    ],
    [
      'a pool of which somebody uses the inner one',
      () => {
        const pool = withResilience({ ...place(), credentials: async () => user.credentials() });
        const { pool: inner } = pool as unknown as { pool: Pool & { promise(): Pool } };
        // The connection that was killed is nobody's to replace there.
        return {
          ask: () =>
            inner
              .promise()
              .query('SELECT 1')
              .catch(() => inner.promise().query('SELECT 1')),
          end: () => pool.end(),
        };
      },
    ],
    [
      'Drizzle',
      () => {
        const client = withResilience({ ...place(), credentials: user.credentials });
        const db = withResilientDrizzle(drizzle({ client }));
        return { ask: async () => db.execute(sql`SELECT 1`), end: () => client.end() };
      },
    ],
    [
      'PrismaMySQL2',
      () => {
        const prisma = new PrismaClient({ adapter: new PrismaMySQL2({ ...place(), credentials: user.credentials }) });
        return { ask: async () => prisma.$queryRaw`SELECT 1`, end: () => prisma.$disconnect() };
      },
    ],
    [
      'PrismaMySQL2 on a wrapped pool',
      () => {
        const pool = withResilience({ ...place(), credentials: user.credentials });
        const prisma = new PrismaClient({ adapter: new PrismaMySQL2(pool) });
        return { ask: async () => prisma.$queryRaw`SELECT 1`, end: () => prisma.$disconnect().then(() => pool.end()) };
      },
    ],
    [
      'a getter',
      () => {
        const pool = withResilience({
          ...place(),
          user: user.name,
          get password() {
            return user.credentials().password;
          },
        });
        return { ask: () => pool.query('SELECT 1'), end: () => pool.end() };
      },
    ],
    [
      'a getter, for PrismaMySQL2',
      () => {
        const options = {
          ...place(),
          user: user.name,
          get password() {
            return user.credentials().password;
          },
        };
        const prisma = new PrismaClient({ adapter: new PrismaMySQL2(options) });
        return { ask: async () => prisma.$queryRaw`SELECT 1`, end: () => prisma.$disconnect() };
      },
    ],
  ])('%s', (_, make) => {
    test('logs in with what is given at that moment, for each new connection and no other', async () => {
      const client = stage.closing(make());
      expect(user.asked).toBe(0);
      for (let round = 1; round <= 3; round += 1) {
        await client.ask();
        await client.ask();
        expect(user.asked).toBe(round);
        await user.rotate();
        await client.ask();
        expect(user.asked).toBe(round);
        await user.kill();
      }
    });
  });

  test('a connection that has grown too old is replaced by one with new credentials', async () => {
    const pool = open({ credentials: user.credentials }, { liveness: { maxLifetime: 200 } });
    const first = await idOf(pool);
    await user.rotate();
    await expect.poll(() => idOf(pool), patient).not.toBe(first);
  });

  test('the shadow database of Prisma Migrate is made with them', async () => {
    for (const source of [{ ...place(), credentials: user.credentials }, open({ credentials: user.credentials })]) {
      const adapter = new PrismaMySQL2(source);
      await user.rotate();
      const shadow = await adapter.connectToShadowDb();
      await shadow.executeScript('CREATE TABLE t (id INT)');
      await shadow.dispose();
    }
  });

  test('connections that begin together ask once, and all get the answer', async () => {
    let answer: (credentials: Credentials) => void = () => {};
    let asked = 0;
    const credentials = () => {
      asked += 1;
      return new Promise<Credentials>((resolve) => {
        answer = resolve;
      });
    };
    const pool = open({ credentials });
    const slow = later(Promise.all([1, 2, 3, 4, 5].map(() => pool.query('SELECT SLEEP(0.3)'))));
    await expect.poll(() => asked).toBe(1);
    answer(user.credentials());
    await slow;
    expect(asked).toBe(1);
    expect(await stage.server.threads(user.name)).toHaveLength(5);
  });

  test('refused ones (1045) are asked for once more, and what is given then is tried', async () => {
    const answers = [{ user: user.name, password: 'SECRET-stale' }];
    let asked = 0;
    const pool = open({
      credentials: () => {
        asked += 1;
        return answers.shift() ?? user.credentials();
      },
    });
    await pool.query('SELECT 1');
    expect(asked).toBe(2);
  });

  test("refused twice (1045), they are wrong: the error is the server's own, and nothing is retried", async () => {
    const retried: unknown[] = [];
    let asked = 0;
    const credentials = () => {
      asked += 1;
      return { user: user.name, password: `SECRET-wrong-${asked}` };
    };
    const pool = open({ credentials }, { onRetry: (event) => retried.push(event) });
    const error = await failureOf(pool.query('SELECT 1'));
    expect(error).toMatchObject({ errno: 1045, code: 'ER_ACCESS_DENIED_ERROR' });
    expect(classify(error)).toMatchObject({ kind: 'authentication', outcome: 'not-executed' });
    expect([asked, retried]).toEqual([2, []]);
    expectNoSecret(error);
  });
});

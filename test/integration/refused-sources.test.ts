import { withReplicas } from 'drizzle-orm/mysql-core';
import { drizzle } from 'drizzle-orm/mysql2';
import { drizzle as drizzlePg } from 'drizzle-orm/pg-proxy';
import { drizzle as drizzleSqlite } from 'drizzle-orm/sqlite-proxy';
import { createPoolCluster as createCallbackCluster, createConnection } from 'mysql2';
import { createPool, createPoolCluster, type Pool } from 'mysql2/promise';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { withResilience as withResilientDrizzle } from '../../adapters/drizzle/index.ts';
import { createLedger, transaction, withResilience } from '../../adapters/mysql2/index.ts';
import { PrismaMySQL2 } from '../../adapters/prisma/adapter/index.ts';
import { resilience } from '../../adapters/prisma/index.ts';
import { PrismaClient } from '../../prisma/generated/client.ts';
import { failureOf } from '../contract/outcome.ts';
import { unhurried, useStage } from '../support/stage.ts';

/** What a callback says that is never to run. */
const never = () => Promise.reject(new Error('This was called'));

describe('what is no pool of mysql2 is refused before anything is sent, by every door,', unhurried, () => {
  const stage = useStage('refused-sources');
  const pool = (): Pool => stage.closing(createPool(stage.proxied()));
  const clusters = () => {
    const cluster = stage.closing(createPoolCluster());
    const callbackCluster = createCallbackCluster();
    stage.after(async () => callbackCluster.end());
    for (const one of [cluster, callbackCluster]) one.add('node', stage.proxied());
    return [cluster, callbackCluster, cluster.of('*'), callbackCluster.of('*')];
  };

  // mysql2 warns there of options that it does not know.
  const spies = () => (['log', 'warn', 'error'] as const).map((method) => vi.spyOn(console, method).mockReturnValue());
  let silence: ReturnType<typeof spies> = [];
  beforeEach(() => {
    silence = spies();
  });
  afterEach(() => {
    const said = silence.flatMap((spy) => spy.mock.calls);
    vi.restoreAllMocks();
    expect(said, 'words on the console').toEqual([]);
  });

  const refusals = async (source: unknown): Promise<unknown[]> => [
    await failureOf((async () => withResilience(source as Pool))()),
    await failureOf((async () => new PrismaMySQL2(source as Pool))()),
    await failureOf((async () => transaction(source as Pool, never))()),
  ];
  const refusal = (message: RegExp) =>
    expect.objectContaining({ name: 'TypeError', message: expect.stringMatching(message) });

  test('as a cluster of pools is, or a namespace of one, with advice that can be followed', async () => {
    const advice =
      /got (one on )?a (namespace of a )?cluster of pools; instead, make a pool of each node with createPool\(\), from the options that the add\(\) of the cluster has had/;
    for (const clustered of clusters()) {
      expect(await refusals(clustered)).toEqual([refusal(advice), refusal(advice), refusal(advice)]);
      expect(await failureOf(createLedger(clustered))).toEqual(refusal(advice));
      const db = drizzle(clustered as never);
      expect(await failureOf((async () => withResilientDrizzle(db))())).toEqual(refusal(advice));
    }
    expect(stage.proxy.bytesC2s).toBe(0);

    const [one, other] = [pool(), pool()];
    expect((await withResilience(one).query('SELECT 1 AS one'))[0]).toEqual([{ one: 1 }]);
    const replicated = withResilientDrizzle(withReplicas(drizzle(one), [drizzle(other)]));
    expect((await replicated.execute('SELECT 1 AS one'))[0]).toEqual([{ one: 1 }]);
    const prisma = new PrismaClient({ adapter: new PrismaMySQL2(one) });
    stage.after(() => prisma.$disconnect());
    expect(await prisma.$queryRaw`SELECT 'one' AS one`).toEqual([{ one: 'one' }]);
  });

  test('as a database of Drizzle on another kind of server is, by its kind', async () => {
    const others = [drizzleSqlite(never as never), drizzlePg(never as never)] as const;
    for (const [index, db] of others.entries()) {
      const kind = index === 0 ? 'SqliteRemoteDatabase' : 'PgRemoteDatabase';
      const error = await failureOf((async () => withResilientDrizzle(db))());
      expect(error).toEqual(refusal(new RegExp(`mysql2, got something else of Drizzle \\(${kind}\\)$`)));
    }
  });

  test.each([
    [5, '5'],
    [null, 'null'],
    [[], 'an array'],
    ['rerun', '"rerun"'],
  ])('as options of a transaction that are none are: %j', async (options, words) => {
    const wrong = refusal(new RegExp(`Expected \`options\` to be an object, got ${words}$`));
    const one = pool();
    expect(await failureOf(transaction(one, never, options as never))).toEqual(wrong);
    const db = withResilientDrizzle(drizzle(one));
    expect(await failureOf(db.transaction(never, options as never))).toEqual(wrong);
    const prisma = new PrismaClient({ adapter: new PrismaMySQL2(one) }).$extends(resilience());
    stage.after(() => prisma.$disconnect());
    expect(await failureOf(prisma.$transaction(never, options as never))).toEqual(wrong);
    expect(stage.proxy.bytesC2s).toBe(0);
  });

  test('as a database of Drizzle is, with the name of its own door, and of its pool', async () => {
    const databases = [drizzle(pool()), withReplicas(drizzle(pool()), [drizzle(pool())])];
    for (const db of [...databases, ...databases.map((database) => withResilientDrizzle(database))]) {
      const advice =
        /got a database of Drizzle: for that there is withResilience\(\) of gone-away\/drizzle. Its pool is its `\$client`/;
      expect(await refusals(db)).toEqual([refusal(advice), refusal(advice), refusal(advice)]);
      expect(stage.proxy.bytesC2s).toBe(0);
      // As it says.
      expect((await withResilience(db.$client).query('SELECT 1 AS one'))[0]).toEqual([{ one: 1 }]);
      stage.proxy.bytesC2s = 0;
    }
  });

  test('as a client of Prisma is, with the way to make one', async () => {
    const prisma = new PrismaClient({ adapter: new PrismaMySQL2(pool()) });
    const advice =
      /got a client of Prisma: make it with new PrismaClient\(\{ adapter: new PrismaMySQL2\(pool\) \}\), and call its \$extends\(resilience\(\)\), of gone-away\/prisma/;
    for (const client of [prisma, prisma.$extends(resilience()), prisma.$extends({})]) {
      expect(await refusals(client)).toEqual([refusal(advice), refusal(advice), refusal(advice)]);
      expect(await failureOf((async () => withResilientDrizzle(client))())).toEqual(refusal(advice));
    }
    expect(stage.proxy.bytesC2s).toBe(0);
  });

  test('as a driver without connections is, or a wrapper, with the names of what it has', async () => {
    const send = async () => ({ rows: [] });
    for (const [source, methods] of [
      [{ execute: send, transaction: send }, 'execute\\(\\) and transaction\\(\\)'],
      [{ query: send }, 'query\\(\\)'],
      [{ query: send, execute: send }, 'query\\(\\) and execute\\(\\)'],
    ] as const) {
      const named = new RegExp(
        `got (one on )?an object with ${methods} that is no pool of mysql2: another driver, or a wrapper`,
      );
      expect(await refusals(source)).toEqual([refusal(named), refusal(named), refusal(named)]);
      expect(await failureOf((async () => withResilientDrizzle(drizzle(source as never)))())).toEqual(refusal(named));
    }
  });

  test('as a single connection is, saying why', async () => {
    const connection = createConnection(stage.direct());
    stage.after(async () => connection.destroy());
    const pooled = await pool().getConnection();
    const message = /got a single connection, which cannot be replaced when it is lost$/;
    for (const single of [connection, connection.promise(), pooled, pooled.connection]) {
      expect(await refusals(single)).toEqual([refusal(message), refusal(message), refusal(message)]);
    }
    pooled.release();
  });

  test.each([
    ['null', null, /got null$/],
    ['undefined', undefined, /got undefined$/],
    ['a number', 3306, /got a number$/],
    ['an array', [], /got an Array$/],
    ['a date', new Date(), /got a Date$/],
    ['a map', new Map(), /got a Map$/],
  ])('as %s is', async (_, source, message) => {
    expect(await refusals(source)).toEqual([refusal(message), refusal(message), refusal(message)]);
  });
});

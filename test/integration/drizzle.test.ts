import { getTableName, type SQL, sql, type Table } from 'drizzle-orm';
import { Cache, type MutationOption } from 'drizzle-orm/cache/core';
import { int, mysqlTable, varchar, withReplicas } from 'drizzle-orm/mysql-core';
import { drizzle as proxied } from 'drizzle-orm/mysql-proxy';
import { drizzle, type MySql2Database } from 'drizzle-orm/mysql2';
import { createPool as createCallbackPool } from 'mysql2';
import { createConnection, createPool, type Pool } from 'mysql2/promise';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { withResilience } from '../../adapters/drizzle/index.ts';
import { failureOf } from '../contract/outcome.ts';
import { reads } from '../support/drizzle/reads.ts';
import { createTables, type OperationDatabase, posts, schema, users } from '../support/drizzle/schema.ts';
import { writes } from '../support/drizzle/writes.ts';
import { differenceOn } from '../support/server/server-differences.ts';
import { unhurried, useStage } from '../support/stage.ts';

/** Keeps what Drizzle tells its logger. */
class Log {
  readonly lines: (readonly [sql: string, params: unknown[]])[] = [];
  logQuery(sql: string, params: unknown[]): void {
    this.lines.push([sql, params]);
  }
}

/** The statement in the forms that mysql2 takes. */
const textOf = (statement: unknown) =>
  typeof statement === 'string' ? statement : (statement as { readonly sql: string }).sql;

describe('a resilient database of Drizzle', unhurried, () => {
  const stage = useStage('drizzle');
  // Here nothing is silent, and the bare one has nobody who tries again: it may take its time to connect.
  const options = { connectionLimit: 2, connectTimeout: 10_000 };
  const pool = (): Pool => stage.closing(createPool({ ...stage.proxied(), ...options }));
  const open = (logger = new Log()) => {
    const mode = differenceOn(stage.server, 'lateral') === 'known' ? 'default' : 'planetscale';
    return drizzle(pool(), { schema, mode, logger });
  };
  const renewTables = () =>
    stage.asRoot(async (root) => {
      await root.query('USE app');
      for (const statement of createTables) await root.query(statement);
    });

  const spies = () => (['log', 'warn', 'error'] as const).map((method) => vi.spyOn(console, method).mockReturnValue());
  let silence: ReturnType<typeof spies> = [];

  beforeEach(() => {
    silence = spies();
    return renewTables();
  });
  afterEach(() => {
    const said = silence.flatMap((spy) => spy.mock.calls);
    vi.restoreAllMocks();
    expect(said, 'words on the console').toEqual([]);
  });

  describe('does the same as without', () => {
    test.each([...reads, ...writes])('%s', async (name, run) => {
      const [log, resilientLog] = [new Log(), new Log()];
      const tables = ['op_users', 'op_posts', 'op_tags'] as const;
      const truth = () => Promise.all(tables.map((table) => stage.server.admin(`SELECT * FROM ${table}`)));
      const expected = { result: await run(open(log)), tables: await truth() };
      // Drizzle's own iterator prints a warning, and does not tell its logger what it sends.
      for (const spy of silence) spy.mockClear();
      const unlogged = /iterat/.test(name) ? 1 : 0;
      await renewTables();
      const found = { result: await run(withResilience(open(resilientLog))), tables: await truth() };
      expect(found).toEqual(expected);
      expect(resilientLog.lines).toHaveLength(log.lines.length + unlogged);
      if (unlogged === 0) expect(resilientLog.lines).toEqual(log.lines);
    });
  });

  describe('can be made from', () => {
    test.each([
      ['a URL', () => drizzle(`mysql://app:app@${stage.server.host}:${stage.proxy.port}/app`)],
      ['connection options', () => drizzle({ connection: { ...stage.proxied() } as never })],
      [
        'connection options with a URL',
        () => drizzle({ connection: { uri: `mysql://app:app@127.0.0.1:${stage.proxy.port}/app` } }),
      ],
      ['a client', () => drizzle({ client: pool() })],
      ['a promise pool', () => drizzle(pool())],
      ['a callback pool', () => drizzle(createCallbackPool(stage.proxied()) as never)],
    ])('%s', async (_, create) => {
      const bare: MySql2Database & { $client: { end(): unknown } } = create() as never;
      const db = withResilience(bare);
      stage.after(async () => db.$client.end());
      expect(await db.select().from(posts)).toHaveLength(3);
      stage.proxy.resetAll();
      expect(await db.select().from(posts)).toHaveLength(3);
      expect(await db.transaction((tx) => tx.select().from(posts))).toHaveLength(3);
      expect(db.constructor).toBe(bare.constructor);
    });
  });

  test('keeps casing', async () => {
    const camel = mysqlTable('op_posts', { id: int().primaryKey(), authorId: int(), title: varchar({ length: 100 }) });
    const db = withResilience(drizzle(pool(), { casing: 'snake_case' }));
    expect(await db.select().from(camel).limit(1)).toEqual([{ id: 1, authorId: 1, title: 'Notes' }]);
  });

  test('keeps the cache: what is in it is not asked for, and writes are told', async () => {
    const mutations: MutationOption[] = [];
    class MapCache extends Cache {
      readonly entries = new Map<string, unknown[]>();
      override strategy = () => 'all' as const;
      override get = async (key: string) => this.entries.get(key);
      override put = async (key: string, response: unknown) => void this.entries.set(key, response as unknown[]);
      override onMutate = async (mutation: MutationOption) => void mutations.push(mutation);
    }
    const cache = new MapCache();
    const logger = new Log();
    const db = withResilience(drizzle(pool(), { cache, logger }));
    const first = await db.select().from(posts);
    expect(cache.entries.size).toBe(1);
    const before = stage.proxy.roundTrips;
    expect(await db.select().from(posts)).toEqual(first);
    expect(stage.proxy.roundTrips).toBe(before);
    await db.insert(posts).values({ authorId: 1, title: 'new' });
    expect(
      mutations.map(({ tables }) =>
        [tables].flat().map((table) => (typeof table === 'string' ? table : getTableName(table as Table))),
      ),
    ).toEqual([['op_posts']]);
    expect(db.$cache).toBe(cache);
    expect(await db.select().from(posts).$withCache(false)).toHaveLength(4);
  });

  test('does not change the database that it was made from', async () => {
    const bare = open();
    const snapshot = () => ({
      keys: Reflect.ownKeys(bare),
      session: Reflect.get(bare, 'session'),
      client: bare.$client,
      query: bare.query,
    });
    const sessionBefore = { ...(Reflect.get(bare, 'session') as object) };
    const before = snapshot();
    const db = withResilience(bare);
    await db.select().from(posts);
    expect(snapshot()).toEqual(before);
    expect(Reflect.get(bare, 'session')).toBe(before.session);
    expect({ ...(Reflect.get(bare, 'session') as object) }).toEqual(sessionBefore);
    expect('$resilience' in bare).toBe(false);
  });

  test('has a $client that is resilient too', async () => {
    const db = withResilience(open());
    expect((await db.$client.query('SELECT 1 AS one'))[0]).toEqual([{ one: 1 }]);
    stage.proxy.resetAll();
    expect((await db.$client.query('SELECT 1 AS one'))[0]).toEqual([{ one: 1 }]);
    const connection = await db.$client.getConnection();
    connection.release();
  });

  test('derives databases for single calls, which derive others in turn', async () => {
    const db = withResilience(open());
    const derived = db.$resilience({ idempotent: true }).$resilience({ retries: 1 });
    expect(await derived.query.users.findMany()).toHaveLength(3);
    expect(await derived.transaction((tx) => tx.query.users.findMany())).toHaveLength(3);
    expect(derived.constructor).toBe(db.constructor);
    expect(() => db.$resilience({ retires: 1 } as never)).toThrow(/retires/);
  });

  describe('with replicas', () => {
    const replicated = (getReplica?: (replicas: OperationDatabase[]) => OperationDatabase) => {
      const logs = { primary: new Log(), first: new Log(), second: new Log() };
      const bare = withReplicas(open(logs.primary), [open(logs.first), open(logs.second)], getReplica as never);
      const counts = () => Object.values(logs).map(({ lines }) => lines.length);
      return { db: withResilience(bare), counts };
    };

    test('sends reads where the own choice of the user falls, and writes to the primary', async () => {
      let turn = 0;
      const { db, counts } = replicated((replicas) => replicas[turn++ % 2] as OperationDatabase);
      await db.select().from(users);
      await db.query.users.findMany();
      expect(counts()).toEqual([0, 1, 1]);
      await db.$count(users);
      expect(counts()).toEqual([0, 2, 1]);
      await db.insert(posts).values({ authorId: 1, title: 'x' });
      await db.update(posts).set({ title: 'y' });
      await db.transaction((tx) => tx.delete(posts));
      expect(counts()).toEqual([5, 2, 1]);
      await db.$primary.select().from(posts);
      expect(counts()).toEqual([6, 2, 1]);
    });

    test('spreads reads where the user made no choice, and survives a loss on each of them', async () => {
      const { db, counts } = replicated();
      for (let read = 0; read < 30; read += 1) {
        if (read % 10 === 5) stage.proxy.resetAll();
        expect(await db.select().from(users)).toHaveLength(3);
      }
      const [primary, ...replicas] = counts();
      expect(primary).toBe(0);
      expect(Math.min(...replicas)).toBeGreaterThan(0);
      expect(await db.$resilience({ retries: 1 }).select().from(users)).toHaveLength(3);
    });
  });

  describe('sends its statements through what is put in the place of the methods of its `$client`, as without,', () => {
    const promisePool = () => drizzle(pool());
    const callbackPool = () => {
      const core = createCallbackPool({ ...stage.proxied(), ...options });
      stage.after(() => core.promise().end());
      return drizzle(core);
    };
    type Database = MySql2Database & { readonly $client: object };
    type Client = Record<'query' | 'execute' | 'getConnection', (...values: unknown[]) => unknown>;
    const clientOf = ({ $client }: Database) => $client as Client;
    const one = sql`SELECT 1 AS one`;

    describe.each([
      ['a promise pool', promisePool],
      ['a callback pool', callbackPool],
    ])('on %s:', (_, make) => {
      test('a spy sees each statement outside a transaction, and it is answered', async () => {
        const seen = async (db: Database) => {
          const client = clientOf(db);
          const spies = [vi.spyOn(client, 'query'), vi.spyOn(client, 'execute')];
          const counts = () => spies.map((spy) => spy.mock.calls.map(([statement]) => textOf(statement)));
          const answers = [
            (await db.execute(one))[0],
            await db.select({ id: users.id }).from(users).limit(1),
            await db.$count(users),
            // As its migrations do.
            await (Reflect.get(db, 'session') as { all(query: SQL): Promise<unknown> }).all(one),
          ];
          await db.transaction(async (tx) => tx.execute(sql`SELECT 2`));
          const before = counts();
          for (const spy of spies) spy.mockRestore();
          await db.execute(one);
          expect(counts().map((calls) => calls.length)).toEqual([0, 0]);
          return { before, answers };
        };
        const expected = await seen(make());
        expect(expected.before.map((calls) => calls.length)).toEqual([3, 1]);
        expect(await seen(withResilience(make()))).toEqual(expected);
      });

      test('what is set there answers instead', async () => {
        const rows = [{ one: 'mine' }];
        const answer = async (db: Database) => {
          const isCallbackPool = 'promise' in db.$client;
          const mine = (...values: unknown[]) => (values.at(-1) as (error: null, rows: unknown) => void)(null, rows);
          clientOf(db).query = isCallbackPool ? mine : async () => [rows, []];
          return (await db.execute(one))[0];
        };
        expect(await answer(make())).toEqual(rows);
        expect(await answer(withResilience(make()))).toEqual(rows);
        const failing = async (db: Database) => {
          vi.spyOn(clientOf(db), 'query').mockImplementation(() => {
            throw new Error('mine');
          });
          return (await failureOf(db.execute(one))).cause;
        };
        expect(await failing(make())).toEqual(new Error('mine'));
        expect(await failing(withResilience(make()))).toEqual(new Error('mine'));
      });

      test('a statement that a spy has seen is as resilient as any', async () => {
        const db = withResilience(make());
        await db.execute(one);
        const spy = vi.spyOn(clientOf(db), 'query');
        stage.proxy.resetAll();
        expect((await db.execute(one))[0]).toEqual([{ one: 1 }]);
        expect(spy).toHaveBeenCalledTimes(1);
      });

      test('but a transaction takes its connection from the pool itself', async () => {
        const db = withResilience(make());
        const spy = vi.spyOn(clientOf(db), 'getConnection');
        expect(await db.transaction(async (tx) => (await tx.execute(one))[0])).toEqual([{ one: 1 }]);
        expect(spy).not.toHaveBeenCalled();
      });
    });
  });

  describe('is refused before anything is sent', () => {
    const anything = (value: unknown) => () => withResilience(value as MySql2Database);
    test.each([
      ['null', /null/, () => null],
      ['undefined', /undefined/, () => undefined],
      ['a string', /a string/, () => 'mysql://app@127.0.0.1/app'],
      ['an ordinary object', /Object/, () => ({})],
      ['a pool', /gone-away\/mysql2/, () => pool()],
      ['a database on nothing', /pool of mysql2/, () => drizzle.mock()],
    ])('for %s', (_, message, create) => {
      expect(anything(create())).toThrow(
        expect.objectContaining({ name: 'TypeError', message: expect.stringMatching(message) }),
      );
      expect(stage.proxy.bytesC2s).toBe(0);
    });

    test('for one on another driver, which it names', () => {
      expect(anything(proxied(async () => ({ rows: [] })))).toThrow(/another driver \(MySqlRemoteSession\)/);
    });

    test('for a database on a single connection', async () => {
      const connection = stage.closing(await createConnection(stage.direct()));
      expect(anything(drizzle(connection))).toThrow(/single connection/);
      expect(anything(drizzle(connection))).toThrow(TypeError);
    });

    test('for a transaction', async () => {
      const failure = failureOf(open().transaction(async (tx) => withResilience(tx as never)));
      expect(await failure).toMatchObject({ name: 'TypeError', message: expect.stringContaining('transaction') });
    });

    test('for a policy that is wrong', () => {
      expect(() => withResilience(open(), { retries: -1 })).toThrow(TypeError);
      expect(stage.proxy.connections()).toBe(0);
    });
  });
});

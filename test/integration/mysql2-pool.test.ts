import { EventEmitter } from 'node:events';
import { createPool as createCallbackPool, raw } from 'mysql2';
import { createPool, type Pool, type PoolOptions } from 'mysql2/promise';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { type Resilient, transaction, withResilience } from '../../adapters/mysql2/index.ts';
import { classify, OutcomeUnknownError } from '../../src/index.ts';
import { failureOf, later } from '../contract/outcome.ts';
import { errorOf, operations } from '../support/mysql2/operations.ts';
import { recordStatements } from '../support/proxy/record-statements.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';

describe('a resilient promise pool', unhurried, () => {
  const stage = useStage('mysql2-pool');
  const bare = (options: PoolOptions = {}): Pool =>
    stage.closing(createPool({ ...stage.proxied(), connectionLimit: 2, ...options }));
  const open = (options: PoolOptions = {}): Resilient<Pool> => withResilience(bare(options));

  const fillTables = () =>
    stage.asRoot(async (root) => {
      await root.query('TRUNCATE stage_rows');
      await root.query('TRUNCATE stage_keyed');
      await root.query('INSERT INTO stage_rows (id) VALUES (1), (2)');
      await root.query('INSERT INTO stage_keyed (id) VALUES (1)');
    });
  beforeEach(fillTables);

  test.each(operations)('does the same as the pool itself: %s', async (_, run) => {
    const truth = async () => [await stage.rows(), await stage.server.admin('SELECT * FROM stage_keyed')];
    const expected = { result: await run(bare({ multipleStatements: true })), truth: await truth() };
    await fillTables();
    expect({ result: await run(open({ multipleStatements: true })), truth: await truth() }).toEqual(expected);
  });

  test.each([
    ['no connection to wait for', { waitForConnections: false, queueLimit: 0 }],
    ['a full queue', { waitForConnections: true, queueLimit: 1 }],
  ])('refuses at once, in the same words: %s', async (_, options) => {
    const refusals = async (pool: Pool) => {
      const held = await pool.getConnection();
      const waiting = options.queueLimit === 1 ? [later(pool.query('SELECT 1'))] : [];
      const refused = [await errorOf(() => pool.query('SELECT 1')), await errorOf(() => pool.getConnection())];
      held.release();
      await Promise.all(waiting);
      return refused;
    };
    const limits = { connectionLimit: 1, ...options };
    expect(await refusals(open(limits))).toEqual(await refusals(bare(limits)));
  });

  test.each<readonly [string, object]>([
    ['a password that is a number', { password: 12_345 }],
    ['a user that is a number', { user: 5 }],
    ['a charset that nobody can read', { charset: 'HP8_ENGLISH_CI' }],
    ['a database that is a number', { database: 5 }],
    ['a charset whose number nobody knows', { charsetNumber: 9_999 }],
    ['attributes that are no text', { connectAttributes: { a: { b: 1 } } }],
    ['a certificate that is none', { ssl: { cert: 'x', key: 'x', rejectUnauthorized: false } }],
    [
      'a stream that cannot be made',
      {
        stream: () => {
          throw new TypeError('your own');
        },
      },
    ],
  ])('fails at once, in the same words, with options that cannot be used: %s', async (_, options) => {
    const onRetry = vi.fn();
    const pool = withResilience(bare(options), { onRetry });
    const error = await failureOf(pool.query('SELECT 1'));
    expect(error.message).toBe((await failureOf(bare(options).query('SELECT 1'))).message);
    expect(classify(error)).toMatchObject({ transient: false, outcome: 'not-executed' });
    expect(onRetry).not.toHaveBeenCalled();
  });

  test('emits the events of the pool, in the same order', async () => {
    const eventsOf = async (pool: Pool) => {
      const events: string[] = [];
      for (const name of ['connection', 'acquire', 'release', 'enqueue'] as const)
        pool.on(name as 'release', () => events.push(name));
      const held = await pool.getConnection();
      const waiting = pool.query('SELECT 1');
      await expect.poll(() => events, patient).toContain('enqueue');
      held.release();
      await waiting;
      await pool.query('SELECT 1');
      return events;
    };
    const expected = await eventsOf(bare({ connectionLimit: 1 }));
    const found = await eventsOf(open({ connectionLimit: 1 }));
    expect(new Set(found)).toEqual(new Set(expected));
    expect(found.slice(0, 3)).toEqual(expected.slice(0, 3));
  });

  type Sender = Pick<Pool, 'query' | 'execute'>;
  type WithSender = (pool: Pool, work: (sender: Sender) => Promise<void>) => Promise<void>;
  const senders: readonly (readonly [string, WithSender])[] = [
    ['a pool', (pool, work) => work(pool)],
    ['a transaction', (pool, work) => transaction(pool, work as (sender: object) => Promise<void>)],
  ];

  test.each(senders)('puts the caller into the stack of an error, and not when `trace` is off: %s', async (_, on) => {
    const broken = 'SELECT no_such_column';
    const callers: readonly ((sender: Sender) => Promise<void>)[] = [
      async function callTheDatabase(sender) {
        await sender.query(broken);
      },
      async function callTheDatabase(sender) {
        await sender.execute(broken);
      },
      async function callTheDatabase(sender) {
        await Promise.all([sender.query('SELECT 1'), sender.query(broken)]);
      },
    ];
    for (const call of callers) {
      const stackOf = async (pool: Pool) => (await failureOf(on(pool, call))).stack;
      expect(await stackOf(open())).toContain('callTheDatabase');
      expect(await stackOf(open({ trace: false }))).not.toMatch(/^ +at async .*callTheDatabase/m);
    }
  });

  test.each(senders)('leaves the stack of an error of your own code: %s', async (_, on) => {
    const unchanged = async (error: Error, work: Promise<unknown>) => {
      const { stack } = error;
      expect(await failureOf(work)).toBe(error);
      expect(error.stack).toBe(stack);
    };
    const cast = new Error('no type');
    const typeCast = () => {
      throw cast;
    };
    await unchanged(
      cast,
      on(open(), async (sender) => {
        await sender.query({ sql: 'SELECT 1', typeCast });
      }),
    );
    const reason = new Error('shutting down');
    const controller = new AbortController();
    const work = on(open().$resilience({ signal: controller.signal }), async (sender) => {
      await sender.query('SELECT SLEEP(30)');
    });
    const told = unchanged(reason, work);
    await expect.poll(() => stage.server.threads(), patient).toHaveLength(1);
    controller.abort(reason);
    await told;
  });

  test('has a callback pool in `.pool`, which is resilient too', async () => {
    const pool = open();
    expect(pool.pool).toBe(pool.pool);
    await pool.query('SELECT 1');
    stage.proxy.resetAll();
    const rows = await new Promise((resolve, reject) => {
      pool.pool.query('SELECT 1 AS one', (error, found) => (error ? reject(error) : resolve(found)));
    });
    expect(rows).toEqual([{ one: 1 }]);
  });

  test('is an instance of what the pool is an instance of', () => {
    const pool = bare();
    const resilient = withResilience(pool);
    expect(resilient).toBeInstanceOf(pool.constructor);
    expect(resilient).toBeInstanceOf(EventEmitter);
    expect('$resilience' in resilient && 'query' in resilient).toBe(true);
    expect('$resilience' in pool).toBe(false);
  });

  test('has its own methods to be replaced: a spy on it sees what is sent through it, and the pool goes on as it is', async () => {
    const pool = bare();
    const resilient = withResilience(pool);
    const spy = vi.spyOn(resilient, 'query').mockResolvedValueOnce([[{ one: 'mocked' }], []] as never);
    expect((await resilient.query('SELECT 1 AS one'))[0]).toEqual([{ one: 'mocked' }]);
    expect((await pool.query('SELECT 1 AS one'))[0]).toEqual([{ one: 1 }]);
    expect((await resilient.query('SELECT 1 AS one'))[0]).toEqual([{ one: 1 }]);
    expect(spy).toHaveBeenCalledTimes(2);
    spy.mockRestore();
    expect((await resilient.query('SELECT 1 AS one'))[0]).toEqual([{ one: 1 }]);
    const mine = async () => [[{ one: 'mine' }], []];
    resilient.execute = mine as never;
    expect(resilient.execute).toBe(mine);
    expect((await pool.execute('SELECT 1 AS one'))[0]).toEqual([{ one: 1 }]);
  });

  test('returns promises of the library that its pool was made with, where the pool does', async () => {
    class OwnPromise<T> extends Promise<T> {}
    const core = createCallbackPool({ ...stage.proxied(), connectionLimit: 1 });
    stage.after(() => core.promise().end());
    for (const pool of [
      bare({ Promise: OwnPromise } as PoolOptions),
      open({ Promise: OwnPromise } as PoolOptions),
      withResilience({ ...stage.proxied(), Promise: OwnPromise } as PoolOptions),
      open({ Promise: OwnPromise } as PoolOptions).$resilience({ retries: 1 }),
      withResilience(core).promise(OwnPromise),
    ]) {
      const held = await expectOwn(pool.getConnection());
      expect((await expectOwn(held.query('SELECT 1 AS one')))[0]).toEqual([{ one: 1 }]);
      held.release();
      expect((await expectOwn(pool.query('SELECT 1 AS one')))[0]).toEqual([{ one: 1 }]);
      expect((await expectOwn(pool.execute('SELECT ? AS one', ['1'])))[0]).toEqual([{ one: '1' }]);
      await expect(expectOwn(pool.query('SELEC 1'))).rejects.toMatchObject({ errno: 1064 });
      expect(() => pool.query('SELECT 1', (() => {}) as never)).toThrow(/Callback function is not available/);
      await expectOwn(pool.end());
      expect(await errorOf(() => expectOwn(pool.getConnection()))).toMatchObject({ message: 'Pool is closed.' });
    }
    const usual = open().query('SELECT 1');
    expect(usual).not.toBeInstanceOf(OwnPromise);
    await usual;

    function expectOwn<T>(promise: Promise<T>): Promise<T> {
      expect(promise).toBeInstanceOf(OwnPromise);
      return promise;
    }
  });

  test('has the classes of the pool as they are', () => {
    const pool = bare();
    const { Promise: Own } = pool as unknown as { Promise: PromiseConstructor };
    const { Promise: Wrapped } = withResilience(pool) as unknown as { Promise: PromiseConstructor };
    expect(Wrapped).toBe(Own);
    expect(new Wrapped(() => {})).toBeInstanceOf(Own);
  });

  test('ends the pool that it wraps, and can be disposed of twice', async () => {
    const pool = bare();
    const resilient = withResilience(pool);
    await resilient.query('SELECT 1');
    await resilient.end();
    await (resilient as Pool & AsyncDisposable)[Symbol.asyncDispose]();
    for (const ended of [pool, resilient]) {
      expect(await failureOf(ended.query('SELECT 1'))).toMatchObject({ message: 'Pool is closed.' });
    }
    await expect.poll(() => stage.server.threads(), patient).toEqual([]);
  });

  test('takes its connections back at the end of their scope', async () => {
    const pool = open({ connectionLimit: 1 });
    for (let turn = 1; turn <= 3; turn += 1) {
      const connection = await pool.getConnection();
      await connection[Symbol.asyncDispose]();
    }
    expect(stage.proxy.connections()).toBe(1);
  });

  test.each(['wrapped twice', 'wrapped again'])('shares what it knows when the pool is %s', async (how) => {
    const pool = bare({ connectionLimit: 3 });
    const first = withResilience(pool);
    const second = withResilience(how === 'wrapped twice' ? first : pool);
    const three = () => [1, 2, 3].map(() => first.query('SELECT id FROM stage_rows'));
    await Promise.all(three());
    const held = await first.getConnection();
    await stage.server.killThread(held.threadId);
    await expect.poll(() => stage.proxy.connections(), patient).toBe(2);
    const sent = recordStatements(stage.proxy);
    await Promise.all([second.query('SELECT 1'), second.query('SELECT 1')]);
    expect(sent.pings()).toBe(2);
  });

  test.each([
    ['options', () => ({ ...stage.proxied(), connectionLimit: 1 })],
    ['a URL', () => `mysql://app:app@127.0.0.1:${stage.proxy.port}/app`],
  ])('can be made from %s', async (_, source) => {
    const pool = stage.closing(withResilience(source() as PoolOptions, { retries: 3 }));
    await pool.query('SELECT 1');
    stage.proxy.resetAll();
    expect((await pool.query('SELECT 1 AS one'))[0]).toEqual([{ one: 1 }]);
  });

  test.each([
    { value: raw('INTO @id'), safe: false },
    { value: raw('LOCK IN SHARE MODE'), safe: true },
    { value: raw(''), safe: true },
  ])('judges a statement by its text as it was sent: $value', async ({ value, safe }) => {
    const pool = open();
    await pool.query('SELECT 1');
    const unlock = await stage.lock();
    const work = later(pool.query('SELECT id FROM stage_rows ?', [value]));
    await stage.inFlight(1);
    stage.proxy.resetAll();
    await (safe ? stage.inFlight(1) : expect(work).rejects.toBeInstanceOf(OutcomeUnknownError));
    await unlock();
    if (safe) expect((await work)[0]).toEqual([{ id: 1 }, { id: 2 }]);
  });
});

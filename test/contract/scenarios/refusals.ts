import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { type Connection, createConnection } from 'mysql2/promise';
import { describe, expect, test, vi } from 'vitest';
import {
  classify,
  type EvictEvent,
  isGoneAwayError,
  type ResilienceOptions,
  RetriesExhaustedError,
  type RetriesExhaustedEvent,
} from '../../../src/index.ts';
import { watchSockets } from '../../support/proxy/watch-sockets.ts';
import { notOurs } from '../../support/server/server.ts';
import { differenceOn } from '../../support/server/server-differences.ts';
import { patient, type Stage } from '../../support/stage.ts';
import type { Callback, CreateBinding } from '../binding.ts';
import { failureOf, later, messagesOf, warm } from '../outcome.ts';

/** What a call fails with that has waited for a server that takes no writes. */
const stillReadOnly = {
  code: 'ERR_GONE_AWAY_RETRIES_EXHAUSTED',
  failure: { kind: 'read-only', outcome: 'not-executed', errno: 1290 },
};

/** A server that is there and says no. */
export function describeRefusals(create: CreateBinding, stage: Stage): void {
  describe('a server that is read-only for a while', () => {
    test('delays writes until it is over, goes on answering reads, and loses its old connections', async () => {
      const retried: string[] = [];
      const evicted: EvictEvent[] = [];
      const binding = stage.closing(
        create({
          connection: stage.direct(),
          policy: {
            retries: 1_000,
            maxTimeout: 100,
            onRetry: ({ failure }) => retried.push(failure.kind),
            onEvict: (event) => evicted.push(event),
          },
        }),
      );
      await warm(binding, 3);
      const before = await stage.server.threads();
      await stage.server.admin('SET GLOBAL read_only = 1');
      const write = later(binding.insert(1));
      await expect.poll(() => retried.length, patient).toBeGreaterThanOrEqual(1);
      expect(new Set(retried)).toEqual(new Set(['read-only']));
      expect(await binding.read()).toEqual([]);
      await stage.server.admin('SET GLOBAL read_only = 0');
      await write;
      expect(await stage.rows()).toEqual([1]);
      await warm(binding, 3);
      await expect
        .poll(async () => (await stage.server.threads()).filter((id) => before.includes(id)), patient)
        .toEqual([]);
      expect(evicted.some(({ reason }) => reason === 'server')).toBe(true);
    });

    test('refuses a write in the end with the reason, when it stays so', async () => {
      const binding = stage.closing(
        create({ connection: stage.direct(), policy: { maxRetryTime: 1_000, minTimeout: 1, maxTimeout: 1 } }),
      );
      await stage.server.admin('SET GLOBAL read_only = 1');
      const error = await failureOf(binding.insert(1));
      expect(error).toBeInstanceOf(RetriesExhaustedError);
      expect(error).toMatchObject({ failure: { kind: 'read-only', outcome: 'not-executed', errno: 1290 } });
      expect(messagesOf(error).join()).toMatch(/refuses writes \(1290\), and `maxRetryTime: 1000`/);
    });

    test.each([
      ['can', false],
      ['cannot', true],
    ] as const)(
      'and %s be asked is waited for once by a transaction that may run again, and by one inside of it',
      async (_, isFull) => {
        if (isFull) await stage.server.admin('SET GLOBAL max_connections = 10');
        const gaveUp: RetriesExhaustedEvent[] = [];
        const policy: ResilienceOptions = {
          retries: 1_000,
          maxRetryTime: 1_000,
          minTimeout: 1,
          maxTimeout: 1,
          onRetriesExhausted: (event) => gaveUp.push(event),
        };
        const binding = stage.closing(create({ connection: stage.direct(), connectionLimit: 2, policy }));
        await warm(binding, 2);
        if (isFull) await takeFreePlaces(stage);
        await stage.server.admin('SET GLOBAL read_only = 1');
        const alone = vi.fn<Callback<unknown>>((tx) => tx.insert(1));
        expect(await failureOf(binding.transaction(alone, { rerun: true }))).toMatchObject(stillReadOnly);
        const inner = vi.fn<Callback<unknown>>((tx) => tx.insert(2));
        const outer = vi.fn<Callback<unknown>>(() => binding.transaction(inner));
        expect(await failureOf(binding.transaction(outer, { rerun: true }))).toMatchObject(stillReadOnly);
        // Whoever had waited once more would have given up once more.
        expect(gaveUp).toMatchObject([{ reason: 'deadline' }, { reason: 'deadline' }]);
        expect([alone, inner, outer].map(({ mock }) => mock.calls.length)).toEqual([1, 1, 1]);
      },
    );

    test('and cannot be asked beside the pool is asked by the writes themselves', async () => {
      await stage.server.admin('SET GLOBAL max_connections = 10');
      const policy = { retries: 1_000, maxTimeout: 100 };
      const binding = stage.closing(create({ connection: stage.direct(), connectionLimit: 1, policy }));
      await binding.read();
      await takeFreePlaces(stage);
      await stage.server.admin('SET GLOBAL read_only = 1');
      let notices = 0;
      const listener = () => {
        notices += 1;
      };
      subscribe('gone-away:server-refuses', listener);
      stage.after(async () => unsubscribe('gone-away:server-refuses', listener));
      const write = later(binding.insert(1));
      await expect.poll(() => notices, patient).toBeGreaterThan(1);
      await stage.server.admin('SET GLOBAL read_only = 0');
      await write;
      expect(await stage.rows()).toEqual([1]);
    });

    test('is noticed once: writes hold no connection while they wait, reads go on, and few connections are made', async () => {
      const notices: unknown[] = [];
      const listener = (event: unknown) => notices.push(event);
      subscribe('gone-away:server-refuses', listener);
      stage.after(async () => unsubscribe('gone-away:server-refuses', listener));
      const binding = stage.closing(create({ connection: stage.direct(), connectionLimit: 5 }));
      await warm(binding, 5);
      await stage.server.admin('SET GLOBAL read_only = 1');
      const sockets = watchSockets();
      stage.after(async () => sockets.stop());
      const ids = Array.from({ length: 40 }, (_, index) => index);
      const writes = ids.map((id) =>
        later(id % 2 === 0 ? binding.insert(id) : binding.transaction((tx) => tx.insert(id))),
      );
      await expect.poll(() => notices.length, patient).toBe(1);
      for (const until = performance.now() + 2_000; performance.now() < until; ) {
        expect(await Promise.all([binding.read(), binding.read(), binding.read()])).toEqual([[], [], []]);
      }
      expect(notices).toHaveLength(1);
      await stage.server.admin('SET GLOBAL read_only = 0');
      await Promise.all(writes);
      sockets.stop();
      expect([...(await stage.rows())].sort((a, b) => a - b)).toEqual(ids);
      // The pool's five, made anew, what was asked over, and two by the test itself.
      expect(sockets.count()).toBeLessThan(5 + 10 + 2);
    });
  });

  describe('a server with too many connections', () => {
    test('delays reads and writes until there is room', async () => {
      const server: unknown[] = [];
      const listener = (event: unknown) => server.push(event);
      subscribe('gone-away:server-down', listener);
      stage.after(async () => unsubscribe('gone-away:server-down', listener));
      await stage.server.admin('SET GLOBAL max_connections = 10');
      const others = await Promise.all(Array.from({ length: 10 }, () => createConnection(stage.direct())));
      stage.after(() => Promise.all(others.map((other) => other.destroy())));
      const binding = stage.closing(create({ connection: stage.direct(), connectionLimit: 2 }));
      const work = later(Promise.all([binding.read(), binding.insert(1)]));
      await expect.poll(() => server.length, patient).toBe(1);
      expect(server[0]).toMatchObject({ failure: { kind: 'overloaded', errno: 1040 } });
      await Promise.all(others.map((other) => other.end()));
      await work;
      expect(await stage.rows()).toEqual([1]);
    });
  });

  describe('a refusal that trying again cannot change', () => {
    test.for([
      { why: 'a wrong password', errno: 1045, options: { password: 'wrong' } },
      { why: 'a database that is not there', errno: 1049, user: 'root', options: { database: 'no_such_database' } },
    ] as const)(
      'fails at once with the error of the server, and is asked for once: $why',
      async ({ errno, options, ...row }, { skip }) => {
        if ('user' in row) skip(...notOurs(stage.server, 'it has one user for us'));
        let greetings = 0;
        stage.after(async () => count());
        const count = stage.proxy.onServerData((chunk) => {
          // A greeting is the first packet of its conversation, and says the version of the protocol.
          if (chunk[3] === 0 && chunk[4] === 10) greetings += 1;
          return 'forward';
        });
        const connection = { ...stage.proxied('user' in row ? row.user : 'app'), ...options };
        const binding = stage.closing(create({ connection, policy: { minTimeout: 0, maxTimeout: 0 } }));
        const error = await failureOf(binding.read());
        expect(isGoneAwayError(error)).toBe(false);
        expect(classify(error)).toMatchObject({ errno, transient: false, outcome: 'not-executed' });
        expect(greetings).toBe(1);
        expect(classify(await failureOf(binding.insert(1)))).toMatchObject({ errno });
        expect(greetings).toBe(2);
      },
    );
  });

  describe('an ordinary error of a statement', () => {
    test('comes back as it is, at once, and the connection stays in use', async () => {
      const binding = stage.closing(create({ connection: stage.direct(), connectionLimit: 1 }));
      const before = await binding.select('CONNECTION_ID()');
      const error = await failureOf(binding.select('no_such_column'));
      expect(isGoneAwayError(error)).toBe(false);
      expect(classify(error)).toMatchObject({ errno: 1054, transient: false });
      expect(await binding.select('CONNECTION_ID()')).toBe(before);
    });

    test("is not retried when the server's own limit on its time ended it", async () => {
      const limit = differenceOn(stage.server, 'statementLimitSetting');
      await stage.server.admin(`SET GLOBAL ${limit}`);
      const binding = stage.closing(create({ connection: stage.direct(), connectionLimit: 1 }));
      await binding.read();
      await stage.server.admin(`SET GLOBAL ${limit.replace(/=.*/, '= 0')}`);
      const unlock = await stage.lock();
      const error = await failureOf(binding.read());
      await unlock();
      expect(isGoneAwayError(error)).toBe(false);
      expect(`ERR ${classify(error).errno}`).toBe(differenceOn(stage.server, 'statementLimit'));
      expect(classify(error)).toMatchObject({ kind: 'limit', transient: false });
    });
  });
}

/** Of a server that takes ten connections, others get those that are left. One that has just ended may count for a moment longer than it is listed. */
async function takeFreePlaces(stage: Stage): Promise<void> {
  const others: Connection[] = [];
  stage.after(async () => {
    for (const other of others) other.destroy();
  });
  while ((await stage.server.threads()).length < 10) {
    try {
      others.push(await createConnection(stage.direct()));
    } catch (error) {
      expect(error).toMatchObject({ errno: 1040 });
    }
  }
}

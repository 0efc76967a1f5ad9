import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AcquireTimeoutError, classify, OutcomeUnknownError, type SessionKilledEvent } from '../../src/index.ts';
import type { Binding, BindingOptions } from '../contract/binding.ts';
import { failureOf, later, warm } from '../contract/outcome.ts';
import { blockEventLoop } from '../support/block-event-loop.ts';
import { clusterBindings } from '../support/cluster/bindings.ts';
import { findMariadb } from '../support/cluster/find-mariadb.ts';
import { findHaproxy, startHaproxy } from '../support/cluster/haproxy.ts';
import { findMysqlRouter, startMysqlRouter } from '../support/cluster/mysql-router.ts';
import { resetStageTables, stageRowsOf } from '../support/cluster/stage-rows.ts';
import { useCleanups } from '../support/cluster/use-cleanups.ts';
import { titleOf, whyNot } from '../support/cluster/why-not.ts';
import { watchSockets } from '../support/proxy/watch-sockets.ts';
import { findServerBinary, type ServerBinary } from '../support/server/find-server-binary.ts';
import { type LocalServer, launchLocalServer } from '../support/server/local-server.ts';
import { withConnection } from '../support/server/server-admin.ts';
import { patient, unhurried } from '../support/stage.ts';

/** A proxy that accepts connections whether or not a server is behind it, and hides the addresses of its clients. */
interface Proxy {
  readonly host: string;
  readonly port: number;
  kill9(): Promise<void>;
  start(): Promise<void>;
  destroy(): Promise<void>;
}

interface ProxyKind {
  readonly name: string;
  findServer(): Promise<ServerBinary>;
  findProxy(): Promise<unknown>;
  start(server: LocalServer): Promise<Proxy>;
  /** The same, if it can end connections that are idle for half a second. */
  startImpatient?(server: LocalServer): Promise<Proxy>;
  readonly bindings: typeof clusterBindings;
  /** What connecting fails with while no server is up. */
  readonly refusal: object;
}

const kinds: readonly ProxyKind[] = [
  {
    name: 'HAProxy',
    findServer: findMariadb,
    findProxy: findHaproxy,
    start: ({ port }) => startHaproxy({ servers: [{ name: 's1', port }] }),
    startImpatient: ({ port }) => startHaproxy({ servers: [{ name: 's1', port }], idleTimeout: 500 }),
    // Drizzle's statements go the way of mysql2's here.
    bindings: clusterBindings.filter(({ name }) => name !== 'Drizzle'),
    refusal: { code: 'PROTOCOL_CONNECTION_LOST' },
  },
  {
    name: 'MySQL Router',
    findServer: () => findServerBinary('mysql-9'),
    findProxy: findMysqlRouter,
    start: (server) => startMysqlRouter([server]),
    // What differs between them is known from the other one.
    bindings: clusterBindings.slice(0, 1),
    refusal: { errno: 2003 },
  },
];

const found = await Promise.all(
  kinds.map(async (kind) => {
    const missing = await whyNot(async () => Promise.all([kind.findServer(), kind.findProxy()]));
    return { ...kind, missing, title: titleOf(kind.name, missing) };
  }),
);

for (const { title, missing, findServer, start, startImpatient, bindings, refusal } of found) {
  describe(`behind ${title}`, { ...unhurried, skip: missing !== undefined }, () => {
    const { afterwards, closing } = useCleanups();
    let server: LocalServer;
    let proxy: Proxy;

    beforeAll(async () => {
      server = await launchLocalServer({ binary: await findServer(), name: 'proxied' });
      proxy = await start(server);
    }, 240_000);
    afterAll(async () => {
      await proxy?.destroy();
      await server?.destroy();
    });
    beforeEach(() => resetStageTables(server));
    afterEach(async () => {
      if (!server.running) await server.start();
    });

    /** Another session that keeps everybody off the rows. @returns what ends it */
    const lockRows = async (): Promise<() => Promise<void>> => {
      let unlock = () => {};
      const until = new Promise<void>((resolve) => {
        unlock = resolve;
      });
      let held: Promise<unknown> = Promise.resolve();
      await new Promise<void>((locked) => {
        held = withConnection(server.connectionOptions('root'), async (root) => {
          await root.query('LOCK TABLES app.stage_rows WRITE, app.stage_keyed WRITE');
          locked();
          await until;
        });
      });
      const end = async () => {
        unlock();
        await held.catch(() => {});
      };
      afterwards(end);
      return end;
    };
    const waiting = async (): Promise<readonly number[]> => {
      const sql =
        "SELECT id AS id FROM information_schema.processlist WHERE user = 'app' AND state LIKE 'Waiting for table%lock'";
      return (await server.admin<readonly { id: number }[]>(sql)).map(({ id }) => id);
    };

    describe.each(bindings)('with $name', ({ create }) => {
      const open = (policy: BindingOptions['policy'] = {}, connectionLimit = 3, { host, port } = proxy): Binding => {
        const connection = { ...server.connectionOptions(), host, port, connectTimeout: 1_000 };
        return closing(create({ connection, connectionLimit, policy: { maxTimeout: 100, ...policy } }));
      };

      const idle = 'that ends connections which are idle (skipped where a proxy has no such limit)';
      describe.skipIf(startImpatient === undefined)(idle, () => {
        let impatient: Proxy;
        beforeEach(async () => {
          impatient = await (startImpatient ?? start)(server);
          afterwards(() => impatient.destroy());
        });
        const allEnded = () => expect.poll(() => server.threads(), patient).toEqual([]);

        test('writes once on a new one, also when this process stood still meanwhile', async () => {
          const binding = open({}, 3, impatient);
          await warm(binding, 3);
          await allEnded();
          await binding.insert(1);
          await warm(binding, 3);
          blockEventLoop(800);
          await binding.insert(2);
          expect(await stageRowsOf(server)).toEqual([1, 2]);
        });

        test('gives up a read that it cuts whenever it runs, after three times', async () => {
          const binding = open({}, 3, impatient);
          await lockRows();
          const error = await failureOf(binding.read());
          expect(error).toMatchObject({ attempts: 3, failure: { kind: 'connection-lost' } });
          expect(String(error)).toMatch('this very statement was lost in flight 3 times');
        });

        test('runs a transaction again that lost its connection between two statements', async () => {
          const binding = open({}, 3, impatient);
          const attempts: number[] = [];
          await binding.transaction(
            async (tx, { attempt }) => {
              attempts.push(attempt);
              await tx.insert(1);
              if (attempt === 1) await allEnded();
              await tx.insert(2);
            },
            { rerun: true },
          );
          expect(attempts).toEqual([1, 2]);
          expect(await stageRowsOf(server)).toEqual([1, 2]);
        });
      });

      test('waits with a write, and sends it once, while no server is up', async () => {
        const sockets = watchSockets();
        afterwards(async () => sockets.stop());
        const binding = open();
        await warm(binding, 2);
        await server.kill9();
        // A write that is sent before the proxy has passed on the end of its connection is another story: nobody can know of it.
        await expect.poll(() => sockets.open(proxy.port), patient).toBe(0);
        const write = later(binding.insert(1));
        const read = later(binding.read());
        const impatient = open({ maxRetryTime: 400 });
        const error = await failureOf(impatient.insert(2));
        expect(error).toBeInstanceOf(AcquireTimeoutError);
        expect(error.cause).toMatchObject(refusal);
        expect(classify(error).outcome).toBe('not-executed');
        await server.start();
        await write;
        await read;
        expect(await stageRowsOf(server)).toEqual([1]);
      });

      test('says that nobody can know of a write in flight when the server dies, and answers a read', async () => {
        const binding = open();
        await lockRows();
        const write = later(binding.insert(1));
        const read = later(binding.read());
        await expect.poll(waiting, patient).toHaveLength(2);
        await server.kill9();
        await server.start();
        expect(await failureOf(write)).toBeInstanceOf(OutcomeUnknownError);
        expect(await read).toEqual([]);
        expect(await stageRowsOf(server)).toEqual([]);
      });

      test('says that nobody can know of a write in flight when the proxy dies, and answers a read', async () => {
        const binding = open();
        const unlock = await lockRows();
        const write = later(binding.insert(1));
        const read = later(binding.read());
        await expect.poll(waiting, patient).toHaveLength(2);
        await proxy.kill9();
        await proxy.start();
        expect(await failureOf(write)).toBeInstanceOf(OutcomeUnknownError);
        await unlock();
        await read;
        expect((await stageRowsOf(server)).length).toBeLessThanOrEqual(1);
      });

      test('stops no thread, whose client it cannot know, and does not send again what may still run', async () => {
        const results: unknown[] = [];
        const listener = (event: unknown) => results.push((event as SessionKilledEvent).result);
        subscribe('gone-away:session-killed', listener);
        afterwards(async () => unsubscribe('gone-away:session-killed', listener));
        const binding = open({ attemptTimeout: 300 }, 1);
        await warm(binding, 1);
        const unlock = await lockRows();
        const write = later(binding.upsertIdempotently(1));
        await expect.poll(waiting, patient).toHaveLength(1);
        const [thread] = await waiting();
        expect(await failureOf(write)).toBeInstanceOf(OutcomeUnknownError);
        expect(results).toEqual(['not-ours']);
        expect(await waiting()).toEqual([thread]);
        await unlock();
      });
    });
  });
}

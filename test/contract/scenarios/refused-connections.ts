import { setTimeout as delay } from 'node:timers/promises';
import { type Connection, createConnection } from 'mysql2/promise';
import { beforeEach, describe, expect, test } from 'vitest';
import { notOurs } from '../../support/server/server.ts';
import type { Stage } from '../../support/stage.ts';
import type { Binding, CreateBinding } from '../binding.ts';
import { later, warm } from '../outcome.ts';

/** For so long the server refuses connections, in milliseconds. */
const refusedFor = 8_000;

/** Between two of the calls that are made all the while, in milliseconds. */
const callEvery = 25;

const connectionLimit = 5;

/** A server that answers who connects, and says no to everybody. */
export function describeRefusedConnections(create: CreateBinding, stage: Stage): void {
  const states = [
    {
      state: 'offline_mode (3032)',
      isKnown: () => stage.server.kind === 'mysql',
      begin: async (binding: Binding) => {
        // What is lost in flight is stopped first, over a connection beside the pool: that one is refused as well.
        const unlock = await stage.lock();
        const reads = Array.from({ length: connectionLimit }, () => later(binding.read()));
        await stage.inFlight(connectionLimit);
        stage.after(() => stage.server.admin('SET GLOBAL offline_mode = 0'));
        await stage.server.admin('SET GLOBAL offline_mode = 1');
        await unlock();
        return reads;
      },
      end: () => stage.server.admin('SET GLOBAL offline_mode = 0'),
    },
    {
      state: 'too many connections (1040)',
      isKnown: () => true,
      begin: async () => {
        await crowdOut(stage);
        return [];
      },
      end: () => stage.server.admin('SET GLOBAL max_connections = 200'),
    },
  ];

  describe.each(states)('a server that refuses connections for a while: $state', ({ isKnown, begin, end }) => {
    beforeEach(({ skip }) => {
      skip(!isKnown(), 'MariaDB has no such state');
      skip(...notOurs(stage.server, 'its settings are not changed'));
    });

    test('meets few attempts to connect, and answers all calls when it takes them again', async () => {
      const binding = stage.closing(create({ connection: stage.proxied(), connectionLimit }));
      await warm(binding, connectionLimit);
      const before = stage.proxy.accepted;
      const until = performance.now() + refusedFor;
      const inFlight = await begin(binding);
      const calls: Promise<unknown>[] = [];
      for (; performance.now() < until; await delay(callEvery)) {
        calls.push(later(calls.length % 2 === 0 ? binding.read() : binding.insert(calls.length)));
      }
      const attempts = stage.proxy.accepted - before;
      await end();
      await Promise.all([...inFlight, ...calls]);
      expect(attempts).toBeGreaterThan(1);
      expect(attempts).toBeLessThanOrEqual(connectionLimit + 10);
      expect(await stage.rows()).toHaveLength(Math.floor(calls.length / 2));
    });
  });

  test('a full server is not asked for a place whenever one of the connections that are left comes back', async ({
    skip,
  }) => {
    skip(...notOurs(stage.server, 'its settings are not changed'));
    const binding = stage.closing(create({ connection: stage.proxied(), connectionLimit }));
    await warm(binding, connectionLimit);
    await crowdOut(stage, 2);
    const before = stage.proxy.accepted;
    let answered = 0;
    const until = performance.now() + 4_000;
    const caller = async (): Promise<void> => {
      while (performance.now() < until) {
        await binding.select('SLEEP(0.01)');
        answered += 1;
      }
    };
    await Promise.all(Array.from({ length: 20 }, caller));
    expect(answered).toBeGreaterThan(100);
    expect(stage.proxy.accepted - before).toBeGreaterThan(1);
    expect(stage.proxy.accepted - before).toBeLessThanOrEqual(connectionLimit + 10);
  });
}

/** Others take all places at the server; of those of `app` so many are left. */
async function crowdOut(stage: Stage, left = 0): Promise<void> {
  const others: Connection[] = [];
  stage.after(async () => {
    for (const other of others) other.destroy();
  });
  await stage.asRoot(async (root) => {
    await root.query('SET GLOBAL max_connections = 10');
    for (const id of (await stage.server.threads()).slice(left)) await stage.server.killThread(id);
  });
  for (;;) {
    try {
      others.push(await createConnection(stage.direct()));
    } catch (error) {
      expect(error).toMatchObject({ errno: 1040 });
      return;
    }
  }
}

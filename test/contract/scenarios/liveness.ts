import { describe, expect, test } from 'vitest';
import type { EvictEvent, ResilienceOptions } from '../../../src/index.ts';
import type { ProxyConnection } from '../../support/proxy/fault-proxy-connection.ts';
import { recordStatements } from '../../support/proxy/record-statements.ts';
import { patient, type Stage } from '../../support/stage.ts';
import { shiftWallClock } from '../../support/wall-clock.ts';
import type { Binding, CreateBinding } from '../binding.ts';
import { warm } from '../outcome.ts';

/** What it takes to trust a pooled connection: nothing, unless there is a reason. */
export function describeLiveness(create: CreateBinding, stage: Stage): void {
  describe('trust in pooled connections', () => {
    const open = (evicted: EvictEvent[] = [], policy: ResilienceOptions = {}): Binding =>
      stage.closing(
        create({ connection: stage.proxied(), policy: { ...policy, onEvict: (event) => evicted.push(event) } }),
      );
    /** How often the server was asked, for so many reads at once. */
    const roundTripsOf = async (binding: Binding, reads: number): Promise<number> => {
      const before = stage.proxy.roundTrips;
      await warm(binding, reads);
      return stage.proxy.roundTrips - before;
    };

    test('costs no round trip while nothing happens', async () => {
      const binding = open();
      // Twice, so that every connection has also prepared what it may want to prepare.
      await warm(binding, 5);
      await warm(binding, 5);
      const sent = recordStatements(stage.proxy);
      expect(await roundTripsOf(binding, 5)).toBe(5);
      for (let statements = 1; statements <= 20; statements += 1) await binding.read();
      expect(sent.packets()).toBe(25);
    });

    test('costs no round trip after connections were idle for longer than `trustIdleFor`', async () => {
      const binding = open();
      await warm(binding, 5);
      shiftWallClock(stage, 100_000);
      expect(await roundTripsOf(binding, 5)).toBe(5);
    });

    test('costs one ping of each older sibling after a connection was killed, once', async () => {
      const binding = open();
      await warm(binding, 5);
      const [victim, ...siblings] = await stage.server.threads();
      await stage.server.killThread(Number(victim));
      await expect.poll(() => stage.proxy.connections(), patient).toBe(4);
      const sent = recordStatements(stage.proxy);
      await warm(binding, 4);
      expect(sent.pings()).toBe(4);
      await warm(binding, 4);
      await warm(binding, 4);
      expect(sent.pings()).toBe(4);
      expect(await stage.server.threads()).toEqual(siblings);
    });

    test('costs no ping of connections that were made after the loss', async () => {
      const binding = open();
      await warm(binding, 1);
      stage.proxy.resetAll();
      await expect.poll(() => stage.proxy.connections(), patient).toBe(0);
      const sent = recordStatements(stage.proxy);
      await warm(binding, 5);
      await warm(binding, 5);
      expect(sent.pings()).toBe(0);
    });

    test('ends for a sibling that does not answer its ping in time', async () => {
      const evicted: EvictEvent[] = [];
      const binding = open(evicted, { liveness: { pingTimeout: 150 } });
      const seen = new Map<number, ProxyConnection>();
      stage.proxy.onServerData((_, connection) => {
        seen.set(connection.id, connection);
        return 'forward';
      });
      await warm(binding, 3);
      const [first, ...others] = [...seen.values()];
      for (const other of others) other.silence();
      first?.reset();
      await expect.poll(() => stage.proxy.connections(), patient).toBe(2);
      await warm(binding, 3);
      expect(evicted.filter(({ reason }) => reason === 'suspect')).toHaveLength(2);
    });

    test.each([
      { reason: 'idle', liveness: {}, later: 200_000 },
      { reason: 'lifetime', liveness: { idleTimeout: 2_000_000 }, later: 1_900_000 },
    ] as const)(
      'ends when it is too old, by the wall clock, and closes the socket: $reason',
      async ({ reason, liveness, later }) => {
        const evicted: EvictEvent[] = [];
        const binding = open(evicted, { liveness });
        await warm(binding, 3);
        const before = await stage.server.threads();
        shiftWallClock(stage, later);
        await warm(binding, 3);
        expect(evicted.map((event) => event.reason)).toEqual([reason, reason, reason]);
        expect(evicted.map(({ threadId }) => threadId).sort()).toEqual([...before].sort());
        await expect
          .poll(async () => (await stage.server.threads()).filter((id) => before.includes(id)), patient)
          .toEqual([]);
        await expect.poll(() => stage.proxy.connections(), patient).toBe(3);
      },
    );

    test('takes a clock that was set back for an unknown idle time, and goes on', async () => {
      const evicted: EvictEvent[] = [];
      const binding = open(evicted);
      await warm(binding, 3);
      shiftWallClock(stage, -3_600_000);
      expect(await roundTripsOf(binding, 3)).toBe(3);
      expect(evicted).toEqual([]);
    });
  });
}

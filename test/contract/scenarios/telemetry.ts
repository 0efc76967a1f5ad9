import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { ChannelName, ChannelPayloads } from '../../../src/index.ts';
import type { Stage } from '../../support/stage.ts';
import type { CreateBinding } from '../binding.ts';
import { failureOf, later } from '../outcome.ts';

/** Nothing of what the application stores may leave through an error or an event. */
const secret = 1_987_654_321;

/** What somebody who watches gets to see, on `node:diagnostics_channel` and in the hooks of the policy. */
export function describeTelemetry(create: CreateBinding, stage: Stage): void {
  describe('events', () => {
    const record = <N extends ChannelName>(name: N): ChannelPayloads[N][] => {
      const events: ChannelPayloads[N][] = [];
      const listener = (event: unknown) => events.push(event as ChannelPayloads[N]);
      subscribe(name, listener);
      stage.after(async () => unsubscribe(name, listener));
      return events;
    };

    test('tell of a retry and of the connection that was lost, to channels and hooks alike', async () => {
      const [retries, evictions] = [record('gone-away:retry'), record('gone-away:evict')];
      const hooks: unknown[] = [];
      const policy = { onRetry: (event: unknown) => hooks.push(event), onEvict: (event: unknown) => hooks.push(event) };
      const binding = stage.closing(create({ connection: stage.proxied(), policy }));
      await binding.read();
      const unlock = await stage.lock();
      const read = later(binding.read());
      const [threadId] = await stage.inFlight(1);
      stage.proxy.resetAll();
      await unlock();
      await read;
      expect(evictions).toEqual([{ reason: 'lost', threadId }]);
      expect(retries).toEqual([
        {
          attempt: 1,
          retriesLeft: 9,
          delayMs: expect.any(Number),
          failure: expect.objectContaining({ kind: 'connection-lost', outcome: 'unknown', code: 'ECONNRESET' }),
        },
      ]);
      expect(new Set(hooks)).toEqual(new Set([...retries, ...evictions]));
      expect(Object.isFrozen(retries[0]?.failure)).toBe(true);
    });

    test('tell of an unknown outcome, and neither they nor the error contain what was to be written', async () => {
      const unknowns = record('gone-away:outcome-unknown');
      const all = [
        record('gone-away:retry'),
        record('gone-away:evict'),
        record('gone-away:retries-exhausted'),
        unknowns,
      ];
      const binding = stage.closing(create({ connection: stage.proxied() }));
      await binding.insert(1);
      const unlock = await stage.lock();
      const failure = failureOf(binding.insert(secret));
      await stage.inFlight(1);
      stage.proxy.resetAll();
      const error = await failure;
      await unlock();
      expect(unknowns).toMatchObject([{ attempts: 1, failure: { outcome: 'unknown' } }]);
      expect(inspect([error, error.message, error.stack, all], { depth: 20, showHidden: true })).not.toContain(
        String(secret),
      );
    });

    test('tell when something is given up, and neither they nor the error contain what was to be written', async () => {
      const gaveUp = record('gone-away:retries-exhausted');
      const retries = record('gone-away:retry');
      await stage.server.admin('SET GLOBAL read_only = 1');
      const policy = { maxRetryTime: 1_000, minTimeout: 0, maxTimeout: 0 };
      const binding = stage.closing(create({ connection: stage.direct(), policy }));
      const error = await failureOf(binding.insert(secret));
      expect(gaveUp).toMatchObject([{ attempts: 2, reason: 'deadline', failure: { errno: 1290 } }]);
      expect(inspect([error.message, gaveUp, retries], { depth: 20 })).not.toContain(String(secret));
    });
  });
}

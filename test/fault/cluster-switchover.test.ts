import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { EvictEvent } from '../../src/index.ts';
import type { Binding, BindingOptions, Callback } from '../contract/binding.ts';
import { later, warm } from '../contract/outcome.ts';
import { clusterBindings } from '../support/cluster/bindings.ts';
import { findMariadb } from '../support/cluster/find-mariadb.ts';
import { stageRowsOf } from '../support/cluster/stage-rows.ts';
import { useCleanups } from '../support/cluster/use-cleanups.ts';
import { useReplicationPair } from '../support/cluster/use-replication-pair.ts';
import { titleOf, whyNot } from '../support/cluster/why-not.ts';
import { patient, unhurried } from '../support/stage.ts';

const missing = await whyNot(findMariadb);

describe(titleOf('a switchover', missing), {
  ...unhurried,
  skip: missing !== undefined,
}, () => {
  const cleanups = useCleanups();
  const { closing } = cleanups;
  const stage = useReplicationPair('switchover', cleanups);

  /** In good order, also for who goes by the address; connections that are open stay with the server that they were made to. */
  const switchOver = () => stage.pair.switchover(async () => stage.address.pointTo(stage.pair.replica));

  /** Both have exactly these rows. */
  const expectRows = async (ids: readonly number[]) => {
    await stage.pair.caughtUp();
    expect([await stageRowsOf(stage.pair.primary), await stageRowsOf(stage.pair.replica)]).toEqual([ids, ids]);
  };

  describe.each(clusterBindings)('with $name', ({ create }) => {
    const evicted: EvictEvent[] = [];
    const retried: string[] = [];
    const open = (options: Partial<BindingOptions> = {}): Binding =>
      closing(
        create({
          connection: stage.address.connection(),
          policy: {
            maxTimeout: 100,
            onEvict: (event) => evicted.push(event),
            onRetry: ({ failure }) => retried.push(failure.kind),
          },
          ...options,
        }),
      );
    beforeEach(() => {
      evicted.length = 0;
      retried.length = 0;
    });

    test('sends a write that the old primary refused to the new one, once, and replaces all old connections', async () => {
      const binding = open();
      await warm(binding, 3);
      const old = stage.pair.primary;
      expect(await old.threads()).toHaveLength(3);
      await switchOver();
      await binding.insert(1);
      expect(retried).toEqual(['read-only']);
      await warm(binding, 3);
      await expect.poll(() => old.threads(), patient).toEqual([]);
      expect(evicted.filter(({ reason }) => reason === 'server')).toHaveLength(3);
      await expectRows([1]);
    });

    test('sends a write that began while neither could be written to, once, when one can', async () => {
      const binding = open();
      await warm(binding, 3);
      let write: Promise<unknown> | undefined;
      await stage.pair.switchover(async () => {
        write = later(binding.insert(1));
        await expect.poll(() => retried.length, patient).toBeGreaterThanOrEqual(1);
        stage.address.pointTo(stage.pair.replica);
      });
      await write;
      await expectRows([1]);
    });

    test('begins a transaction again whose first write was refused, without its callback', async () => {
      const binding = open();
      await warm(binding, 3);
      await switchOver();
      const callback = vi.fn<Callback<unknown>>((tx) => tx.insert(1));
      await binding.transaction(callback);
      expect(callback).toHaveBeenCalledOnce();
      await expectRows([1]);
    });

    test('runs a transaction again that had already written on the old primary, and applies it once', async () => {
      const binding = open();
      const callback = vi.fn<Callback<unknown>>(async (tx, { attempt }) => {
        await tx.insert(1);
        if (attempt === 1) await switchOver();
        await tx.insert(2);
      });
      await binding.transaction(callback, { rerun: true });
      expect(callback).toHaveBeenCalledTimes(2);
      await expectRows([1, 2]);
    });

    test('runs a transaction again whose COMMIT the old primary refused, and applies it once', async () => {
      const binding = open();
      const callback = vi.fn<Callback<unknown>>(async (tx, { attempt }) => {
        await tx.insert(1);
        if (attempt === 1) await switchOver();
      });
      await binding.transaction(callback, { rerun: true });
      expect(callback).toHaveBeenCalledTimes(2);
      await expectRows([1]);
    });
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createLedger } from '../../adapters/mysql2/index.ts';
import { classify } from '../../src/index.ts';
import type { BindingOptions, Callback } from '../contract/binding.ts';
import { createPromiseBinding } from '../contract/bindings/mysql2.ts';
import { failureOf, later, warm } from '../contract/outcome.ts';
import { clusterBindings } from '../support/cluster/bindings.ts';
import { type Galera, startGalera } from '../support/cluster/galera.ts';
import { findGalera } from '../support/cluster/galera-programs.ts';
import { findHaproxy, type Haproxy, startHaproxy } from '../support/cluster/haproxy.ts';
import { resetStageTables, stageRowsOf } from '../support/cluster/stage-rows.ts';
import { useCleanups } from '../support/cluster/use-cleanups.ts';
import { startVirtualIp } from '../support/cluster/virtual-ip.ts';
import { titleOf, whyNot } from '../support/cluster/why-not.ts';
import {
  createPlainLedgerBinding,
  type LedgerBinding,
  type LedgerCallback,
  ledgerBindings,
} from '../support/ledger/bindings.ts';
import { isCommit } from '../support/ledger/stage-ledger.ts';
import { createFaultProxy } from '../support/proxy/fault-proxy.ts';
import { patient, unhurried } from '../support/stage.ts';

const missing = await whyNot(async () => Promise.all([findGalera(), findHaproxy()]));
const title = titleOf('three nodes of Galera behind HAProxy', missing);

describe(title, { ...unhurried, skip: missing !== undefined }, () => {
  const { afterwards, closing } = useCleanups();
  let cluster: Galera;
  let haproxy: Haproxy;

  beforeAll(async () => {
    cluster = await startGalera('galera-fault');
    // In turn, to all that accept connections, which a node that is cut off does.
    const servers = cluster.nodes.map(({ server: { port } }, index) => ({ name: `n${index}`, port }));
    haproxy = await startHaproxy({ servers });
  }, 240_000);
  afterAll(async () => {
    await haproxy?.destroy();
    await cluster?.destroy();
  });
  beforeEach(async () => {
    await resetStageTables(cluster.node(0).server);
    await cluster.node(0).server.admin('INSERT INTO app.stage_keyed (id, writes) VALUES (1, 0)');
    for (const node of [1, 2]) await expectWrites(node, 0);
  });

  const throughHaproxy = () => ({ ...cluster.node(0).server.connectionOptions(), port: haproxy.port });
  const writesOn = async (node: number) => {
    const sql = 'SELECT writes FROM app.stage_keyed WHERE id = 1';
    return (
      await cluster
        .node(node)
        .server.admin<readonly { writes: number }[]>(sql)
        .catch(() => [])
    )[0]?.writes;
  };
  const expectWrites = (node: number, writes: number) => expect.poll(() => writesOn(node), patient).toBe(writes);
  const expectRows = async (ids: readonly number[]) => {
    for (const { server } of cluster.nodes.filter(({ server }) => server.running)) {
      await expect.poll(() => stageRowsOf(server), patient).toEqual(ids);
    }
  };

  describe.each(clusterBindings)('with $name', ({ create }) => {
    /** In its first run, somebody else changes its row on another node. */
    const rivalled = () =>
      vi.fn<Callback<unknown>>(async (tx, { attempt }) => {
        await tx.count(1);
        if (attempt > 1) return;
        await cluster.node(1).server.admin('UPDATE app.stage_keyed SET writes = writes + 1 WHERE id = 1');
      });
    const onOneNode = () =>
      closing(create({ connection: cluster.node(0).server.connectionOptions(), connectionLimit: 2 }));

    test('runs a transaction again that another node was faster than, and applies it once', async () => {
      const callback = rivalled();
      await onOneNode().transaction(callback, { rerun: true });
      expect(callback).toHaveBeenCalledTimes(2);
      for (const node of [0, 1, 2]) await expectWrites(node, 2);
    });

    test('says of a transaction that another node was faster than that it was rolled back', async () => {
      const callback = rivalled();
      const failure = classify(await failureOf(onOneNode().transaction(callback)));
      expect(failure).toMatchObject({ outcome: 'rolled-back', kind: 'deadlock', errno: 1213 });
      expect(callback).toHaveBeenCalledOnce();
      for (const node of [0, 1, 2]) await expectWrites(node, 1);
    });
  });

  describe.each(ledgerBindings)('exactlyOnce, with $name', ({ create }) => {
    test('forces the end of a COMMIT that is late, from another node, and runs the callback again', async () => {
      const { server } = cluster.node(0);
      // A network that holds things back on the way to one node, and before it the address that moves to another.
      const way = await createFaultProxy(server);
      const address = await startVirtualIp(server);
      address.proxy.redirect(way);
      afterwards(async () => {
        await way.close();
        await address.proxy.close();
      });
      const connection = { ...address.connection(), connectionLimit: 3 };
      const binding: LedgerBinding = closing(create({ connection, policy: { attemptTimeout: 500 } }));
      await createLedger(binding.pool);
      const stop = address.proxy.onClientData((chunk, committing) => {
        if (!isCommit(chunk)) return 'forward';
        stop();
        way.set('hold');
        // It goes as far as that, and nobody hears of it.
        setImmediate(() => committing.silence());
        address.pointTo(cluster.node(1).server);
        return 'forward';
      });
      const callback = vi.fn<LedgerCallback<string>>((tx) => tx.insert(1).then(() => 'done'));
      expect(await binding.transaction(callback, { exactlyOnce: true })).toBe('done');
      expect(callback).toHaveBeenCalledTimes(2);
      const late = new Promise<Buffer>((resolve) => {
        const stopListening = way.onServerData((chunk) => {
          stopListening();
          resolve(chunk);
        });
      });
      way.set('pass');
      // ER_LOCK_DEADLOCK, in an error packet.
      const answer = await late;
      expect([answer[4], answer.readUInt16LE(5)]).toEqual([0xff, 1213]);
      await expectRows([1]);
    });
  });

  describe('of which one is cut off and answers 1047 to everything but pings', () => {
    test('takes each write once, and settles a COMMIT that it was sent', async () => {
      const node = cluster.node(2);
      afterwards(async () => {
        if (!(await node.isReady())) await node.reconnect();
      });
      const retried: string[] = [];
      const policy: BindingOptions['policy'] = {
        minTimeout: 1,
        maxTimeout: 20,
        onRetry: ({ failure }) => retried.push(`${failure.kind} ${failure.errno} ${failure.outcome}`),
      };
      const binding = closing(createPromiseBinding({ connection: throughHaproxy(), connectionLimit: 6, policy }));
      const once = closing(
        createPlainLedgerBinding({ connection: { ...throughHaproxy(), connectionLimit: 1 }, policy }),
      );
      await createLedger(once.pool);
      await warm(binding, 6);
      expect(await node.server.threads()).not.toEqual([]);
      // One whose callback is in the middle when its node is cut off.
      await haproxy.disable('n0');
      await haproxy.disable('n1');
      let cutOff = async () => {};
      const isolated = new Promise<void>((resolve) => {
        cutOff = async () => {
          await node.isolate();
          await haproxy.enable('n0');
          await haproxy.enable('n1');
          resolve();
        };
      });
      const callback = vi.fn<LedgerCallback<string>>(async (tx) => {
        await tx.insert(0);
        if (callback.mock.calls.length === 1) await cutOff();
        return 'done';
      });
      const exact = later(once.transaction(callback, { exactlyOnce: true }));
      await isolated;
      const ids = Array.from({ length: 30 }, (_, index) => index + 1);
      await Promise.all(ids.map((id) => binding.insert(id)));
      expect(await exact).toBe('done');
      expect(new Set(retried.filter((text) => !text.startsWith('connection-lost')))).toEqual(
        new Set(['not-ready 1047 not-executed']),
      );
      const rows = [...(await stageRowsOf(cluster.node(0).server))].sort((a, b) => a - b);
      expect(rows).toEqual([0, ...ids]);
      await node.reconnect();
      expect([...(await stageRowsOf(node.server))].sort((a, b) => a - b)).toEqual(rows);
    });
  });

  describe('of which one is killed', () => {
    test('settles the COMMITs that were on their way to it, and writes each of them once', async () => {
      const node = cluster.node(2);
      const binding = closing(createPlainLedgerBinding({ connection: { ...throughHaproxy(), connectionLimit: 10 } }));
      await createLedger(binding.pool);
      let next = 0;
      let over = false;
      const writer = async () => {
        for (let last = false; !last; ) {
          last = over;
          next += 1;
          const id = next;
          await binding.transaction((tx) => tx.insert(id), { exactlyOnce: true });
        }
      };
      const writers = later(Promise.all(Array.from({ length: 10 }, writer)));
      await expect.poll(() => next, patient).toBeGreaterThan(50);
      await node.server.kill9();
      const then = next;
      await expect.poll(() => next, patient).toBeGreaterThan(then + 20);
      over = true;
      await writers;
      const rows = [...(await stageRowsOf(cluster.node(0).server))].sort((a, b) => a - b);
      expect(rows).toEqual(Array.from({ length: next }, (_, index) => index + 1));
    });
  });
});

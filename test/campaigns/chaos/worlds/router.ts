import { setTimeout as delay } from 'node:timers/promises';
import { type MysqlRouter, startMysqlRouter } from '../../../support/cluster/mysql-router.ts';
import { type ReplicationPair, startReplicationPair } from '../../../support/cluster/replication.ts';
import { findServerBinary } from '../../../support/server/find-server-binary.ts';
import { withConnection } from '../../../support/server/server-admin.ts';
import { type ClusterWorld, threadsOf } from '../cluster-world.ts';
import type { Fault } from '../world.ts';
import { faultsOfPrimary } from './primary-faults.ts';

/** A primary and its replica of Oracle MySQL, behind MySQL Router, which uses the first of them that is up. */
export async function createRouterWorld(): Promise<ClusterWorld> {
  const pair = await startReplicationPair({ name: 'chaos', binary: await findServerBinary('mysql-9') });
  const router = await startMysqlRouter([pair.primary, pair.replica]);
  const events = faultsOf(pair, router);
  return {
    title: `MySQL Router, mysql ${pair.primary.version}`,
    servers: pair.nodes,
    events,
    faults: events,
    addressOf() {
      const { user = '', password = '' } = pair.primary.connectionOptions();
      return { host: router.host, port: router.port, user, password };
    },
    asRoot: (work) => withConnection(pair.primary.connectionOptions('root'), work),
    async heal() {
      for (const node of pair.nodes) await node.thaw();
      if (!pair.replica.running) await pair.rejoin();
    },
    async hangUp() {},
    threads: () => threadsOf(pair.nodes),
    async destroy() {
      await router.destroy();
      await pair.destroy();
    },
  };
}

function faultsOf(pair: ReplicationPair, router: MysqlRouter): readonly Fault[] {
  return [
    {
      name: 'switchover, with new routes',
      lasts: 2_500,
      run: () => pair.switchover(() => router.route([pair.replica, pair.primary])),
    },
    {
      name: 'failover, and the old primary comes back as the first that is up',
      lasts: 10_000,
      losesTail: true,
      async run(random) {
        const first = pair.primary;
        await pair.failover();
        await delay(1_000 * random());
        await pair.rejoin();
        // New connections go to it, and it is read-only.
        await delay(500 + 500 * random());
        if (pair.primary !== first) await pair.switchover();
      },
    },
    ...faultsOfPrimary(pair),
    {
      name: 'the router dies',
      lasts: 1_500,
      async run(random) {
        await router.kill9();
        await delay(1_000 * random());
        await router.start();
      },
    },
  ];
}

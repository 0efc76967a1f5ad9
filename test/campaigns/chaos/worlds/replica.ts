import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type ReplicationPair, startReplicationPair } from '../../../support/cluster/replication.ts';
import { Network } from '../../../support/proxy/network/network.ts';
import { withConnection } from '../../../support/server/server-admin.ts';
import { killConnections } from '../../../support/server/server-faults.ts';
import { type ClusterWorld, threadsOf } from '../cluster-world.ts';
import type { Fault } from '../world.ts';
import { faultsOfPrimary } from './primary-faults.ts';
import { faultsOnTheWay, flags } from './single-server.ts';

/** A primary and its replica. The way to the primary moves with the role, as an address does, and shows servers their clients' addresses. */
export async function createReplicaWorld(clients: number): Promise<ClusterWorld> {
  const pair = await startReplicationPair({ name: 'chaos', flags });
  const network = new Network();
  const ports = await network.open({ port: pair.primary.port, count: clients, delayMs: 0, transparent: true });
  const { host } = pair.primary;
  const events = faultsOf(pair, network);
  return {
    title: `primary and replica, mariadb ${pair.primary.version}`,
    servers: pair.nodes,
    events,
    faults: [...events, ...faultsOnTheWay(network)],
    addressOf(client) {
      const port = ports[client] ?? 0;
      const { user = '', password = '' } = pair.primary.connectionOptions();
      const stream = () => connect({ host, port, localAddress: host, noDelay: true });
      return { host, port, user, password, stream };
    },
    asRoot: (work) => withConnection(pair.primary.connectionOptions('root'), work),
    async heal() {
      await network.mode('pass');
      await network.delay(0);
      for (const node of pair.nodes) await node.thaw();
      if (!pair.replica.running) await pair.rejoin();
    },
    hangUp: () => network.reset(),
    threads: () => threadsOf(pair.nodes),
    async destroy() {
      await network.close();
      await pair.destroy();
    },
  };
}

function faultsOf(pair: ReplicationPair, network: Network): readonly Fault[] {
  const failOver = async () => {
    await pair.failover();
    await network.redirect(pair.primary.port);
  };
  return [
    {
      name: 'switchover',
      lasts: 1_000,
      run: () => pair.switchover(() => network.redirect(pair.replica.port)),
    },
    {
      name: 'switchover, and the old sessions are ended',
      lasts: 1_000,
      async run() {
        const old = pair.primary;
        await pair.switchover(() => network.redirect(pair.replica.port));
        await withConnection(old.connectionOptions('root'), (root) => killConnections(root, 'all'));
      },
    },
    {
      name: 'failover',
      lasts: 4_000,
      losesTail: true,
      async run(random) {
        await failOver();
        await delay(1_000 * random());
        await pair.rejoin();
      },
    },
    {
      name: 'failover after a while without replication',
      lasts: 5_000,
      losesTail: true,
      async run(random) {
        await pair.pause();
        await delay(500 * random());
        await failOver();
        await pair.rejoin();
      },
    },
    ...faultsOfPrimary(pair),
  ];
}

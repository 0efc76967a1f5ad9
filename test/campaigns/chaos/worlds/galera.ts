import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from 'mysql2/promise';
import { type Galera, type GaleraNode, startGalera } from '../../../support/cluster/galera.ts';
import { type Haproxy, startHaproxy } from '../../../support/cluster/haproxy.ts';
import { withConnection } from '../../../support/server/server-admin.ts';
import { killConnections } from '../../../support/server/server-faults.ts';
import { type ClusterWorld, threadsOf } from '../cluster-world.ts';
import type { Fault, World } from '../world.ts';

/** Three nodes of Galera behind HAProxy, which uses them in turn and looks only whether they accept connections. */
export async function createGaleraWorld(): Promise<ClusterWorld> {
  const cluster = await startGalera('chaos');
  const servers = cluster.nodes.map(({ server }) => server);
  const haproxy = await startHaproxy({ servers: servers.map(({ port }, index) => ({ name: nameOf(index), port })) });
  const asRoot: World['asRoot'] = async (work) => {
    const node = await readyNode(cluster);
    const result = await onOne(node, work);
    // What was done there is done everywhere when this resolves.
    for (const other of cluster.nodes) if (await isReady(other)) await onOne(other, async () => {});
    return result;
  };
  const events = faultsOf(cluster, haproxy);
  return {
    title: `Galera, mariadb ${servers[0]?.version}`,
    servers,
    events,
    faults: events,
    addressOf() {
      const { user = '', password = '' } = cluster.node(0).server.connectionOptions();
      return { host: haproxy.host, port: haproxy.port, user, password };
    },
    asRoot,
    async heal() {
      for (const [index, node] of cluster.nodes.entries()) {
        await node.server.thaw();
        if (!node.server.running) await node.rejoin();
        await haproxy.enable(nameOf(index));
      }
      await cluster.synced();
    },
    async hangUp() {},
    threads: () => threadsOf(servers),
    async destroy() {
      await haproxy.destroy();
      await cluster.destroy();
    },
  };
}

const nameOf = (index: number) => `n${index}`;

/** Works on a node that has everything that the others had before. */
function onOne<T>({ server }: GaleraNode, work: (root: Connection) => Promise<T>): Promise<T> {
  return withConnection(server.connectionOptions('root'), async (root) => {
    await root.query('SET SESSION wsrep_sync_wait = 7');
    await root.query('SELECT 1');
    return work(root);
  });
}

async function isReady(node: GaleraNode): Promise<boolean> {
  return node.server.running && (await node.isReady().catch(() => false));
}

async function readyNode({ nodes }: Galera): Promise<GaleraNode> {
  for (const node of nodes) if (await isReady(node)) return node;
  throw new Error('no node of the cluster is ready');
}

function faultsOf(cluster: Galera, haproxy: Haproxy): readonly Fault[] {
  /** One of them, never two at once: the other two are the majority. */
  const toOne =
    (work: (node: GaleraNode, name: string, random: () => number) => Promise<void>): Fault['run'] =>
    async (random) => {
      const index = Math.floor(random() * cluster.nodes.length);
      await work(cluster.node(index), nameOf(index), random);
    };
  return [
    {
      name: 'kill -9 of a node',
      lasts: 12_000,
      run: toOne(async (node, _name, random) => {
        await node.server.kill9();
        await delay(2_500 + 1_500 * random());
        await node.rejoin();
      }),
    },
    {
      name: 'a node is cut off',
      lasts: 15_000,
      run: toOne(async (node, _name, random) => {
        await node.isolate();
        await delay(500 + 2_000 * random());
        await node.reconnect();
      }),
    },
    {
      name: 'graceful restart of a node',
      lasts: 10_000,
      run: toOne(async (node) => {
        await node.server.stop();
        await node.rejoin();
      }),
    },
    {
      name: 'SIGSTOP of a node',
      lasts: 10_000,
      run: toOne(async (node, _name, random) => {
        await node.server.freeze();
        await delay(1_500 + 3_000 * random());
        await node.server.thaw();
        await node.synced();
      }),
    },
    {
      name: 'a node is taken out of use, and its sessions ended',
      lasts: 1_500,
      run: toOne(async (_node, name, random) => {
        await haproxy.disable(name, { andEndSessions: true });
        await delay(500 + 1_000 * random());
        await haproxy.enable(name);
      }),
    },
    {
      name: 'KILL on a node',
      lasts: 500,
      run: toOne(async ({ server }) => {
        await withConnection(server.connectionOptions('root'), (root) => killConnections(root, 'all'));
      }),
    },
    {
      name: 'the proxy dies',
      lasts: 1_500,
      async run(random) {
        await haproxy.kill9();
        await delay(1_000 * random());
        await haproxy.start();
      },
    },
  ];
}

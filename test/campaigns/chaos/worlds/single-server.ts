import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from 'mysql2/promise';
import { Network } from '../../../support/proxy/network/network.ts';
import { launchLocalServer } from '../../../support/server/local-server.ts';
import type { Server } from '../../../support/server/server.ts';
import { withConnection } from '../../../support/server/server-admin.ts';
import { beReadOnly, crowdOut, killConnections, killStatements } from '../../../support/server/server-faults.ts';
import { stormOfDeadlocks } from '../deadlock-storm.ts';
import type { Fault, World } from '../world.ts';

/** An abandoned transaction must not keep its locks for the rest of the run. */
export const flags: readonly string[] = ['--loose-idle-transaction-timeout=3'];

/** One server on this machine, with a network that misbehaves before it, behind which it sees the addresses of its clients. */
export async function createSingleServer(clients: number): Promise<World> {
  const server = await launchLocalServer({ name: 'chaos', flags });
  const network = new Network();
  const ports = await network.open({ port: server.port, count: clients, delayMs: 0, transparent: true });
  const { host } = server;
  const asRoot = <T>(work: (root: Connection) => Promise<T>) => withConnection(server.connectionOptions('root'), work);
  return {
    title: `${server.kind} ${server.version}`,
    faults: [...faultsOf(server, asRoot), ...faultsOnTheWay(network)],
    operated: server,
    addressOf(client) {
      const port = ports[client] ?? 0;
      const { user = '', password = '' } = server.connectionOptions();
      const stream = () => connect({ host, port, localAddress: host, noDelay: true });
      return { host, port, user, password, stream };
    },
    asRoot,
    async heal() {
      await network.mode('pass');
      await network.delay(0);
      await server.thaw();
      if (!server.running) await server.start({ flags });
    },
    hangUp: () => network.reset(),
    threads: async () => (await server.threads()).length,
    async destroy() {
      await network.close();
      await server.destroy();
    },
  };
}

function faultsOf(server: Server, asRoot: World['asRoot']): readonly Fault[] {
  return [
    {
      name: 'KILL',
      lasts: 1_500,
      run: (_random, cut) => asRoot((root) => repeatedly(3, 500, () => killConnections(root, 'all').then(cut))),
    },
    {
      name: 'KILL of idle connections',
      lasts: 1_500,
      run: () => asRoot((root) => repeatedly(5, 300, () => killConnections(root, 'idle'))),
    },
    {
      name: 'KILL QUERY',
      lasts: 1_500,
      interrupts: true,
      run: () => asRoot((root) => repeatedly(10, 150, () => killStatements(root))),
    },
    {
      name: 'kill -9',
      lasts: 1_500,
      async run(random) {
        await server.kill9();
        await delay(1_500 * random());
        await server.start();
      },
    },
    {
      name: 'graceful restart',
      lasts: 1_500,
      async run(random) {
        await server.stop();
        await delay(1_500 * random());
        await server.start();
      },
    },
    {
      name: 'SIGSTOP',
      lasts: 3_000,
      async run(random) {
        await server.freeze();
        await delay(1_500 + 3_000 * random());
        await server.thaw();
      },
    },
    {
      name: 'read-only',
      lasts: 2_000,
      run: (random) => asRoot((root) => beReadOnly(root, 1_000 + 2_000 * random())),
    },
    {
      name: 'deadlock storm',
      lasts: 2_500,
      run: (random) => stormOfDeadlocks(server.connectionOptions('root'), random, 2_500),
    },
    {
      name: 'too many connections',
      lasts: 2_000,
      run: (random) => asRoot((root) => crowdOut(root, server.connectionOptions('root'), 1_000 + 2_000 * random())),
    },
    {
      name: 'wait_timeout of a second and a standstill',
      lasts: 4_500,
      run: () => asRoot((root) => outlivedByConnections(root)),
    },
  ];
}

export function faultsOnTheWay(network: Network): readonly Fault[] {
  return [
    { name: 'RST', lasts: 1_500, run: (_random, cut) => repeatedly(3, 500, () => network.reset().then(cut)) },
    { name: 'half-open, answers lost', lasts: 2_000, run: (random) => during(network, 'drop-s2c', random) },
    { name: 'half-open, requests lost', lasts: 2_000, run: (random) => during(network, 'drop-c2s', random) },
    { name: 'black hole', lasts: 2_000, run: (random) => during(network, 'blackhole', random) },
    {
      name: 'answers lost',
      lasts: 1_500,
      run: (_random, cut) => repeatedly(5, 150, () => loseAnswers(network).then(cut)),
    },
    { name: 'held up', lasts: 2_000, run: (random) => during(network, 'hold', random) },
    {
      name: 'latency',
      lasts: 3_000,
      async run(random) {
        await network.delay(Math.round(20 + 180 * random()));
        await delay(3_000);
        await network.delay(0);
      },
    },
  ];
}

/** Sometimes what was cut off ends with a RST, and sometimes nobody ever hears of it. */
async function during(
  network: Network,
  mode: 'drop-s2c' | 'drop-c2s' | 'blackhole' | 'hold',
  random: () => number,
): Promise<void> {
  await network.mode(mode);
  await delay(500 + 3_000 * random());
  if (mode !== 'hold' && random() < 0.5) await network.reset();
  await network.mode('pass');
}

/** What is sent is executed, and then the connection is lost before anybody hears of it. */
async function loseAnswers(network: Network): Promise<void> {
  await network.mode('drop-s2c');
  await delay(150);
  await network.reset();
  await network.mode('pass');
}

/** The server closes what was idle for a second, while this process stands still and cannot see it. */
async function outlivedByConnections(root: Connection): Promise<void> {
  await root.query('SET GLOBAL wait_timeout = 1');
  // Only new sessions have it.
  await killConnections(root, 'all');
  for (let n = 0; n < 2; n += 1) {
    await delay(500);
    const until = performance.now() + 1_600;
    while (performance.now() < until);
  }
  await root.query('SET GLOBAL wait_timeout = 28800');
  await killConnections(root, 'all');
}

async function repeatedly(times: number, pause: number, action: () => Promise<void>): Promise<void> {
  for (let n = 0; n < times; n += 1) {
    await action();
    await delay(pause);
  }
}

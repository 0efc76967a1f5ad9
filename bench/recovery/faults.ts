import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from 'mysql2/promise';
import type { Network } from '../../test/support/proxy/network/network.ts';
import type { LocalServer } from '../../test/support/server/local-server.ts';
import { withConnection } from '../../test/support/server/server-admin.ts';
import { becomeReadOnly, killConnections, takeAllPlaces } from '../../test/support/server/server-faults.ts';
import { now } from './clock.ts';
import { awaitGreeting } from './greeting.ts';
import type { Outage } from './marks.ts';
import type { FaultName } from './plan.ts';

export interface World {
  readonly server: LocalServer;
  readonly network: Network;
}

/** Lets a fault happen that lasts so many milliseconds. */
type Strike = (world: World, outage: number) => Promise<Outage>;

interface Fault {
  /** Whether callers reach the server through the network. Without it a port at which nobody listens refuses them, as in life. */
  readonly throughNetwork: boolean;
  readonly strike: Strike;
}

/** The faults of the demo, once each. A busy loop is the callers' own, and none of the world's. */
export const faults: Readonly<Record<Exclude<FaultName, 'busy-loop'>, Fault>> = {
  'idle-kill': direct(asRoot((root) => atOnce(() => killConnections(root, 'idle')))),
  rst: { throughNetwork: true, strike: ({ network }) => atOnce(() => network.reset()) },
  'answers-lost': {
    throughNetwork: true,
    strike: ({ network }, outage) =>
      whileIt(
        () => network.mode('drop-s2c'),
        outage,
        // In this order, and in one turn: what connects after the reset gets its answers.
        () => Promise.all([network.mode('pass'), network.reset()]),
      ),
  },
  restart: direct((world, outage) => whileGone(world.server, outage, () => world.server.stop())),
  'kill-9': direct((world, outage) => whileGone(world.server, outage, () => world.server.kill9())),
  'read-only': direct(
    asRoot((root, outage) =>
      whileIt(
        () => becomeReadOnly(root),
        outage,
        () => root.query('SET GLOBAL read_only = 0'),
      ),
    ),
  ),
  'too-many-connections': direct(
    asRoot(async (root, outage, { server }) => {
      const began = now();
      const crowd = await takeAllPlaces(root, server.connectionOptions('root'));
      await delay(outage);
      await crowd.makeRoom();
      const over = now();
      await crowd.leave();
      return { began, over };
    }),
  ),
  freeze: direct(({ server }, outage) =>
    whileIt(
      () => server.freeze(),
      outage,
      () => server.thaw(),
    ),
  ),
  'black-hole': {
    throughNetwork: true,
    strike: ({ network }, outage) =>
      whileIt(
        () => network.mode('blackhole'),
        outage,
        () => network.mode('pass'),
      ),
  },
};

function direct(strike: Strike): Fault {
  return { throughNetwork: false, strike };
}

function asRoot(strike: (root: Connection, outage: number, world: World) => Promise<Outage>): Strike {
  return (world, outage) =>
    withConnection(world.server.connectionOptions('root'), (root) => strike(root, outage, world));
}

async function atOnce(strike: () => Promise<unknown>): Promise<Outage> {
  const began = now();
  await strike();
  return { began, over: now() };
}

async function whileIt(begin: () => Promise<unknown>, outage: number, end: () => Promise<unknown>): Promise<Outage> {
  const began = now();
  await begin();
  await delay(outage);
  await end();
  return { began, over: now() };
}

/** The server is back when it greets, which is before it has answered a query. */
async function whileGone(server: LocalServer, outage: number, leave: () => Promise<void>): Promise<Outage> {
  const began = now();
  await leave();
  await delay(outage);
  const died = new AbortController();
  const greeted = awaitGreeting(server.port, died.signal);
  const started = server.start().catch((error: unknown) => {
    died.abort(error);
    throw error;
  });
  const [over] = await Promise.all([greeted, started]);
  return { began, over };
}

import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from 'mysql2/promise';
import type { Network } from '../../test/support/proxy/network/network.ts';
import type { Server } from '../../test/support/server/server.ts';
import { withConnection } from '../../test/support/server/server-admin.ts';
import { beReadOnly, crowdOut, killConnections } from '../../test/support/server/server-faults.ts';

export interface World {
  readonly server: Server;
  readonly network: Network;
}

export interface Fault {
  readonly name: string;
  /** About how long it lasts, in milliseconds. */
  readonly lasts: number;
  run(world: World): Promise<void>;
}

/** For the server at every start. An abandoned transaction must not keep its locks for the rest of the run. */
export const serverFlags: readonly string[] = ['--loose-idle-transaction-timeout=3'];

/**
 * In this order: the restart also sets the short `wait_timeout` that the busy loop needs, and the next start sets it back; the black hole
 * is last, because a client that loses pool slots in it for good would show nothing more afterwards.
 */
export const faults: readonly Fault[] = [
  {
    name: 'idle kill',
    lasts: 2_000,
    run: (world) => repeatedly(3, 700, () => withRoot(world.server, (root) => killConnections(root, 'idle'))),
  },
  {
    name: 'RST',
    lasts: 2_000,
    run: ({ network }) => repeatedly(3, 700, () => network.reset()),
  },
  {
    name: 'answers lost',
    lasts: 2_500,
    async run({ network }) {
      await network.stealAnswers(6);
      await delay(2_500);
      await network.stealAnswers(0);
    },
  },
  {
    name: 'restart',
    lasts: 1_500,
    async run({ server }) {
      await server.stop();
      await delay(1_000);
      await server.start({ flags: [...serverFlags, '--wait-timeout=1'] });
    },
  },
  {
    name: 'busy loop',
    lasts: 2_500,
    async run() {
      // Long enough for the server to close every idle connection: a long garbage collection, a suspended function, a closed
      // laptop. Nobody can run in this process meanwhile, so all clients are hit alike; the network and the server go on.
      const until = performance.now() + 2_500;
      while (performance.now() < until);
    },
  },
  {
    name: 'kill -9',
    lasts: 1_500,
    async run({ server }) {
      await server.kill9();
      await delay(1_000);
      await server.start({ flags: serverFlags });
    },
  },
  {
    name: 'read-only',
    lasts: 2_000,
    run: ({ server }) => withRoot(server, (root) => beReadOnly(root, 2_000)),
  },
  {
    name: 'too many connections',
    lasts: 2_000,
    run: ({ server }) => withRoot(server, (root) => crowdOut(root, server.connectionOptions('root'), 2_000)),
  },
  {
    name: 'freeze',
    lasts: 3_000,
    async run({ server }) {
      await server.freeze();
      await delay(3_000);
      await server.thaw();
    },
  },
  {
    name: 'black hole',
    lasts: 4_000,
    async run({ network }) {
      await network.mode('blackhole');
      await delay(4_000);
      await network.mode('pass');
    },
  },
];

async function repeatedly(times: number, pause: number, action: () => Promise<void>): Promise<void> {
  for (let n = 0; n < times; n += 1) {
    await action();
    await delay(pause);
  }
}

function withRoot(server: Server, work: (root: Connection) => Promise<void>): Promise<void> {
  return withConnection(server.connectionOptions('root'), work);
}

import { setTimeout as delay } from 'node:timers/promises';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import type { Network } from '../../test/support/network/network.ts';
import type { Server } from '../../test/support/server.ts';

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

const maxConnections = 200;

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
    run: ({ server }) =>
      withRoot(server, async (root) => {
        await makeReadOnly(root);
        await delay(2_000);
        await root.query('SET GLOBAL read_only = 0');
      }),
  },
  {
    name: 'too many connections',
    lasts: 2_000,
    run: ({ server }) => withRoot(server, (root) => crowdOut(server, root)),
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

/** Takes all places at the server, then kills the clients' connections: they cannot come back until the places are free again. */
async function crowdOut(server: Server, root: Connection): Promise<void> {
  const leastLimit = 10;
  const crowd = await Promise.all(Array.from({ length: leastLimit }, () => connect(server)));
  await root.query(`SET GLOBAL max_connections = ${leastLimit}`);
  await killConnections(root, 'all');
  await delay(2_000);
  await root.query(`SET GLOBAL max_connections = ${maxConnections}`);
  await Promise.all(crowd.map((connection) => connection.end()));
}

/**
 * The statement stops every write that begins and waits for those that run. When one of these waits for the row lock of a transaction
 * whose own next write was stopped, that is a deadlock which the server does not see: it would last for `innodb_lock_wait_timeout`, 50
 * seconds. So it must not wait: it is tried until it meets a moment in which nothing is being written.
 */
async function makeReadOnly(root: Connection): Promise<void> {
  await root.query('SET SESSION lock_wait_timeout = 0');
  for (;;) {
    try {
      await root.query('SET GLOBAL read_only = 1');
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ER_LOCK_WAIT_TIMEOUT')) throw error;
      await delay(20);
    }
  }
}

async function killConnections(root: Connection, which: 'idle' | 'all'): Promise<void> {
  const [rows] = await root.query<(RowDataPacket & { id: number })[]>(
    `SELECT id AS id FROM information_schema.processlist WHERE user = 'app'${which === 'idle' ? " AND command = 'Sleep'" : ''}`,
  );
  // One that has gone by itself in the meantime is no error.
  for (const { id } of rows) await root.query('KILL ?', [id]).catch(() => {});
}

async function withRoot(server: Server, work: (root: Connection) => Promise<void>): Promise<void> {
  const root = await connect(server);
  try {
    await work(root);
  } finally {
    await root.end();
  }
}

function connect(server: Server): Promise<Connection> {
  return createConnection(server.connectionOptions('root'));
}

async function repeatedly(times: number, pause: number, action: () => Promise<void>): Promise<void> {
  for (let n = 0; n < times; n += 1) {
    await action();
    await delay(pause);
  }
}

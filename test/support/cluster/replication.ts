import { setTimeout as delay } from 'node:timers/promises';
import { type LocalServer, launchLocalServer } from '../local-server.ts';
import type { Server } from '../server.ts';
import { withConnection } from '../server-admin.ts';
import { findMariadb } from './find-mariadb.ts';

/** Every commit is in the binary log, and on the disk, before it is acknowledged. */
const flagsOf = (serverId: number): readonly string[] => [
  `--server-id=${serverId}`,
  '--log-bin=binlog',
  '--log-slave-updates=ON',
  '--binlog-format=ROW',
  '--sync-binlog=1',
  '--gtid-strict-mode=ON',
  '--slave-net-timeout=4',
  '--innodb-flush-log-at-trx-commit=1',
];

/** Replication comes and goes with a user of its own, which each node has without the others' doing. */
const replicationUser = [
  'SET sql_log_bin = 0',
  "CREATE USER IF NOT EXISTS repl@'127.0.0.1' IDENTIFIED BY 'repl'",
  "GRANT REPLICATION SLAVE ON *.* TO repl@'127.0.0.1'",
];

/**
 * Starts two MariaDB servers, of which the second one follows the first by GTID, asynchronously, and is read-only.
 *
 * @throws {Error} saying which of them did not start, and why
 */
export async function startReplicationPair(name = 'pair'): Promise<ReplicationPair> {
  const binary = await findMariadb();
  const nodes: LocalServer[] = [];
  try {
    for (const id of [1, 2]) {
      nodes.push(await launchLocalServer({ binary, name: `${name}-${id}`, flags: flagsOf(id) }));
    }
    const pair = new ReplicationPair(nodes as [LocalServer, LocalServer]);
    await pair.begin();
    return pair;
  } catch (error) {
    for (const node of nodes) await node.destroy();
    throw error;
  }
}

/** A primary and a replica that change their roles. `root` is not bound by `read_only`, `app` is. */
export class ReplicationPair {
  readonly nodes: readonly [LocalServer, LocalServer];
  #primary: 0 | 1 = 0;
  #lastId: number;

  constructor(nodes: readonly [LocalServer, LocalServer]) {
    this.nodes = nodes;
    this.#lastId = nodes.length;
  }

  /** The one that is to be written to. */
  get primary(): Server {
    return this.nodes[this.#primary];
  }

  get replica(): Server {
    return this.#other;
  }

  get #other(): LocalServer {
    return this.nodes[this.#primary === 0 ? 1 : 0];
  }

  async begin(): Promise<void> {
    for (const node of this.nodes) await run(node, replicationUser);
    await this.#follow();
  }

  /** Resolves when the replica has applied what the primary has committed by now. */
  async caughtUp(): Promise<void> {
    await this.#applied(this.#other, await positionOf(this.primary, 'binlog'));
  }

  /** The replica gets nothing any more, as with a network that is slow or broken, until {@link resume}. */
  async pause(): Promise<void> {
    await run(this.replica, ['STOP SLAVE IO_THREAD']);
  }

  async resume(): Promise<void> {
    await run(this.replica, ['START SLAVE IO_THREAD']);
  }

  /**
   * The roles change in good order: nothing that was committed is lost.
   *
   * @param meanwhile called while neither of them can be written to
   */
  async switchover(meanwhile?: () => Promise<void>): Promise<void> {
    await run(this.primary, ['SET GLOBAL read_only = 1']);
    await this.caughtUp();
    await meanwhile?.();
    await this.#promote();
    await this.#follow();
  }

  /**
   * Kills the primary and makes the replica the primary, with what it has got: what was committed and had not been sent to it
   * is lost. {@link rejoin} brings the dead one back.
   */
  async failover(): Promise<void> {
    await this.nodes[this.#primary].kill9();
    await run(this.replica, ['STOP SLAVE IO_THREAD']);
    await this.#applied(this.#other, await receivedPosition(this.#other));
    await this.#promote();
  }

  /** The old primary comes back as a replica. What only it had is gone: it begins anew, with the history of the other one. */
  async rejoin(): Promise<void> {
    const node = this.#other;
    await node.kill9();
    await node.renew();
    // Under its old number it would take its part of the history for something that it has already.
    this.#lastId += 1;
    await node.start({ flags: flagsOf(this.#lastId) });
    await run(node, replicationUser);
    await this.#follow();
  }

  async destroy(): Promise<void> {
    for (const node of this.nodes) await node.destroy();
  }

  async #promote(): Promise<void> {
    await run(this.#other, ['STOP SLAVE', 'RESET SLAVE ALL', 'SET GLOBAL read_only = 0']);
    this.#primary = this.#primary === 0 ? 1 : 0;
  }

  /** The replica follows the primary from where it is, and is read-only. */
  async #follow(): Promise<void> {
    const node = this.#other;
    await run(node, [
      'SET GLOBAL read_only = 1',
      `SET GLOBAL gtid_slave_pos = '${await positionOf(node, 'current')}'`,
      `CHANGE MASTER TO master_host = '127.0.0.1', master_port = ${this.primary.port}, master_user = 'repl', ` +
        "master_password = 'repl', master_use_gtid = slave_pos, master_connect_retry = 1",
      'START SLAVE',
    ]);
    await this.caughtUp();
  }

  async #applied(node: Server, position: string): Promise<void> {
    const sql = 'SELECT MASTER_GTID_WAIT(?, 0.2) AS timed_out';
    for (let tries = 0; tries < 300; tries += 1) {
      const [row] = await node.admin<readonly { timed_out: number }[]>(sql, [position]);
      if (row?.timed_out === 0) return;
      const { Last_IO_Error, Last_SQL_Error } = await statusOf(node);
      if (Last_SQL_Error) throw new Error(`the replica has stopped: ${Last_SQL_Error}`);
      if (/fatal error/i.test(Last_IO_Error ?? '')) throw new Error(`the replica gets nothing: ${Last_IO_Error}`);
      await delay(5);
    }
    throw new Error(`the replica did not get to ${position}: ${JSON.stringify(await statusOf(node))}`);
  }
}

async function run(node: Server, statements: readonly string[]): Promise<void> {
  await withConnection(node.connectionOptions('root'), async (connection) => {
    for (const statement of statements) await connection.query(statement);
  });
}

/** `binlog`: what was written here or applied here; `current`: the same, where the history begins before the binary log. */
async function positionOf(node: Server, which: 'binlog' | 'current'): Promise<string> {
  const [row] = await node.admin<readonly { position: string }[]>(`SELECT @@gtid_${which}_pos AS position`);
  return row?.position ?? '';
}

/** What a replica has got, applied or not. */
async function receivedPosition(node: Server): Promise<string> {
  return (await statusOf(node)).Gtid_IO_Pos ?? '';
}

async function statusOf(node: Server): Promise<Readonly<Record<string, string>>> {
  const [row] = await node.admin<readonly Record<string, string>[]>('SHOW SLAVE STATUS');
  return row ?? {};
}

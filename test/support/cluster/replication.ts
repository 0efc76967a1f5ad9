import { setTimeout as delay } from 'node:timers/promises';
import type { ServerBinary } from '../server/find-server-binary.ts';
import { type LocalServer, launchLocalServer } from '../server/local-server.ts';
import type { Server } from '../server/server.ts';
import { withConnection } from '../server/server-admin.ts';
import { becomeReadOnly } from '../server/server-faults.ts';
import { findMariadb } from './find-mariadb.ts';
import { type ReplicationDialect, replicationDialects } from './replication-dialect.ts';

export interface ReplicationOptions {
  readonly name?: string;
  /** Default: MariaDB. */
  readonly binary?: ServerBinary;
  /** Of both servers, beside those that replication needs. */
  readonly flags?: readonly string[];
}

/**
 * Starts two servers, of which the second one follows the first by GTID, asynchronously, and is read-only.
 *
 * @throws {Error} saying which of them did not start, and why
 */
export async function startReplicationPair(options: ReplicationOptions = {}): Promise<ReplicationPair> {
  const { name = 'pair', binary = await findMariadb(), flags = [] } = options;
  const dialect = replicationDialects[binary.kind];
  const flagsOf = (id: number) => [...dialect.flags(id), ...flags];
  const nodes: LocalServer[] = [];
  try {
    for (const id of [1, 2]) {
      nodes.push(await launchLocalServer({ binary, name: `${name}-${id}`, flags: flagsOf(id) }));
    }
    const pair = new ReplicationPair(nodes as [LocalServer, LocalServer], dialect, flagsOf);
    await pair.begin();
    return pair;
  } catch (error) {
    for (const node of nodes) await node.destroy();
    throw error;
  }
}

/** A primary and a replica that change their roles. `root` is not bound by MariaDB's `read_only`, `app` is. */
export class ReplicationPair {
  readonly nodes: readonly [LocalServer, LocalServer];
  readonly #dialect: ReplicationDialect;
  readonly #flagsOf: ReplicationDialect['flags'];
  #primary: 0 | 1 = 0;
  #lastId: number;

  constructor(
    nodes: readonly [LocalServer, LocalServer],
    dialect: ReplicationDialect,
    flagsOf: ReplicationDialect['flags'],
  ) {
    this.nodes = nodes;
    this.#dialect = dialect;
    this.#flagsOf = flagsOf;
    this.#lastId = nodes.length;
  }

  /** The one that is to be written to. */
  get primary(): LocalServer {
    return this.nodes[this.#primary];
  }

  get replica(): LocalServer {
    return this.nodes[this.#primary === 0 ? 1 : 0];
  }

  async begin(): Promise<void> {
    for (const node of this.nodes) await run(node, this.#dialect.user);
    await this.#follow();
  }

  /** Resolves when the replica has applied what the primary has committed by now. */
  async caughtUp(): Promise<void> {
    await this.#applied(this.replica, await this.#executed(this.primary));
  }

  /** The replica gets nothing any more, as with a network that is slow or broken, until {@link resume}. */
  async pause(): Promise<void> {
    await run(this.replica, [this.#dialect.pause]);
  }

  async resume(): Promise<void> {
    await run(this.replica, [this.#dialect.resume]);
  }

  /**
   * The roles change in good order: nothing that was committed is lost.
   *
   * @param meanwhile called while neither of them can be written to
   */
  async switchover(meanwhile?: () => Promise<void>): Promise<void> {
    await withConnection(this.primary.connectionOptions('root'), becomeReadOnly);
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
    await this.primary.kill9();
    await run(this.replica, [this.#dialect.pause]);
    await this.#applied(this.replica, (await this.#status(this.replica))[this.#dialect.received] ?? '');
    await this.#promote();
  }

  /** The old primary comes back as a replica. What only it had is gone: it begins anew, with the history of the other one. */
  async rejoin(): Promise<void> {
    const node = this.replica;
    await node.kill9();
    await node.renew();
    // Under its old number it would take its part of the history for something that it has already.
    this.#lastId += 1;
    await node.start({ flags: [...this.#flagsOf(this.#lastId), ...this.#dialect.closed] });
    await run(node, this.#dialect.user);
    // Whatever it has before it has caught up is nobody's only copy.
    await run(node, durability(0));
    await this.#follow();
    await run(node, [...durability(1), ...this.#dialect.open]);
  }

  async destroy(): Promise<void> {
    for (const node of this.nodes) await node.destroy();
  }

  async #promote(): Promise<void> {
    await run(this.replica, this.#dialect.promote);
    this.#primary = this.#primary === 0 ? 1 : 0;
  }

  /** The replica follows the primary from where it is, and is read-only. */
  async #follow(): Promise<void> {
    const { replica, primary } = this;
    await run(replica, this.#dialect.follow(primary.port, await this.#executed(replica)));
    await this.caughtUp();
  }

  async #applied(node: Server, position: string): Promise<void> {
    if (position === '') return;
    const giveUp = Date.now() + 60_000;
    while (Date.now() < giveUp) {
      const [row] = await node.admin<readonly { waiting: number }[]>(this.#dialect.wait, [position]);
      if (row?.waiting === 0) return;
      const { Last_IO_Error = '', Last_SQL_Error = '' } = await this.#status(node);
      if (Last_SQL_Error !== '') throw new Error(`the replica has stopped: ${Last_SQL_Error}`);
      if (/fatal error/i.test(Last_IO_Error)) throw new Error(`the replica gets nothing: ${Last_IO_Error}`);
      await delay(5);
    }
    throw new Error(`the replica did not get to ${position}: ${JSON.stringify(await this.#status(node))}`);
  }

  async #executed(node: Server): Promise<string> {
    const [row] = await node.admin<readonly { position: string }[]>(this.#dialect.executed);
    return row?.position ?? '';
  }

  async #status(node: Server): Promise<Readonly<Record<string, string>>> {
    const [row] = await node.admin<readonly Record<string, string>[]>(this.#dialect.status);
    return row ?? {};
  }
}

const durability = (value: 0 | 1) => [
  `SET GLOBAL sync_binlog = ${value}`,
  `SET GLOBAL innodb_flush_log_at_trx_commit = ${value}`,
];

async function run(node: Server, statements: readonly string[]): Promise<void> {
  await withConnection(node.connectionOptions('root'), async (connection) => {
    for (const statement of statements) await connection.query(statement);
  });
}

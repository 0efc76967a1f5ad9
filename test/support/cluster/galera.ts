import { readFile, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../server/free-port.ts';
import { type LocalServer, launchLocalServer } from '../server/local-server.ts';
import { galeraFlags } from './galera-flags.ts';
import { findGalera } from './galera-programs.ts';

/** For a node to join, or to leave; in milliseconds. */
const patience = 90_000;

/**
 * Starts three MariaDB servers as nodes of one cluster.
 *
 * @throws {Error} saying what is missing, or which node did not start, and why
 */
export async function startGalera(name = 'galera'): Promise<Galera> {
  const { binary, provider, template } = await findGalera();
  const ids = [1, 2, 3];
  const ports = await Promise.all(
    ids.map(async () => ({ group: await freePort(), ist: await freePort(), sst: await freePort() })),
  );
  const members = ports.map(({ group }) => group);
  const nodes: GaleraNode[] = [];
  try {
    // One after the other: of two that join at once, one has to begin anew, which takes seconds.
    for (const [index, id] of ids.entries()) {
      const flags = galeraFlags({ id, provider, members, ports: ports[index] as (typeof ports)[0] });
      const first = index === 0 ? ['--wsrep-new-cluster'] : [];
      const options = { binary, template, name: `${name}-${id}`, flags: [...flags, ...first] };
      const node = new GaleraNode(await launchLocalServer(options), flags);
      nodes.push(node);
      await node.synced();
    }
    return new Galera(nodes);
  } catch (error) {
    for (const node of nodes) await node.server.destroy();
    throw error;
  }
}

/** Three nodes, each of which may be written to. */
export class Galera {
  readonly nodes: readonly GaleraNode[];

  constructor(nodes: readonly GaleraNode[]) {
    this.nodes = nodes;
  }

  /** @param index 0, 1 or 2 */
  node(index: number): GaleraNode {
    const node = this.nodes[index];
    if (node === undefined) throw new Error(`a cluster of ${this.nodes.length} has no node ${index}`);
    return node;
  }

  /** Resolves when all nodes are in the cluster and have the same data. */
  async synced(): Promise<void> {
    for (const node of this.nodes) await node.synced(this.nodes.length);
  }

  async destroy(): Promise<void> {
    for (const { server } of this.nodes) await server.destroy();
  }
}

export class GaleraNode {
  readonly server: LocalServer;
  readonly #flags: readonly string[];

  constructor(server: LocalServer, flags: readonly string[]) {
    this.server = server;
    this.#flags = flags;
  }

  /** A value of `SHOW STATUS LIKE 'wsrep_...'`, which also a node answers that is out of the cluster. */
  async status(name: string): Promise<string> {
    const [row] = await this.server.admin<readonly { Value: string }[]>(`SHOW GLOBAL STATUS LIKE 'wsrep_${name}'`);
    return row?.Value ?? '';
  }

  /** Whether it takes part in the cluster and is as far as the others. */
  async isReady(): Promise<boolean> {
    return (await this.status('ready')) === 'ON' && (await this.status('local_state_comment')) === 'Synced';
  }

  /** Resolves when it is as far as the others, in a cluster of at least `size` nodes. */
  async synced(size = 1): Promise<void> {
    await until(
      async () => (await this.isReady()) && Number(await this.status('cluster_size')) >= size,
      () => `node ${this.server.port} is ${size > 1 ? `not in a cluster of ${size}` : 'not synced'}`,
    );
  }

  /**
   * Nothing of the group's reaches it any more, nor anything of it the group. Resolves when it has noticed: it answers 1047 then to
   * everything but pings, SET and the like.
   */
  async isolate(): Promise<void> {
    await this.server.admin("SET GLOBAL wsrep_provider_options = 'gmcast.isolate=1'");
    await until(
      async () => (await this.status('ready')) === 'OFF',
      () => `node ${this.server.port} takes itself for a part of the cluster`,
    );
  }

  /** Ends {@link isolate}; resolves when it has caught up. */
  async reconnect(): Promise<void> {
    await this.server.admin("SET GLOBAL wsrep_provider_options = 'gmcast.isolate=0'");
    await this.synced();
  }

  /**
   * Starts a node that was killed or stopped.
   *
   * @param how `'increment'`: it gets what it has missed, if the others still have that; `'copy'`: it gets everything
   */
  async rejoin(how: 'increment' | 'copy' = 'increment'): Promise<void> {
    if (how === 'copy') await this.server.renew();
    const position = how === 'copy' ? [] : [`--wsrep-start-position=${await this.#recoveredPosition()}`];
    if (how === 'copy') await rm(`${this.server.datadir}/grastate.dat`, { force: true });
    await this.server.start({ flags: [...this.#flags, ...position] });
    await this.synced();
  }

  /** How far it had come: only InnoDB knows that after a kill. */
  async #recoveredPosition(): Promise<string> {
    const log = `${this.server.datadir}.recovery`;
    await this.server.runOnce([...this.#flags, '--wsrep-recover', '--skip-networking', `--log-error=${log}`]);
    const position = (await readFile(log, 'utf8')).match(/Recovered position: *(\S+)/)?.[1];
    await rm(log);
    if (position === undefined) throw new Error('the server does not say how far it had come');
    return position;
  }
}

async function until(condition: () => Promise<boolean>, otherwise: () => string): Promise<void> {
  const giveUp = Date.now() + patience;
  let reason: unknown = '';
  while (Date.now() < giveUp) {
    try {
      if (await condition()) return;
    } catch (error) {
      reason = `: ${error}`;
    }
    await delay(20);
  }
  throw new Error(`${otherwise()} after ${patience} ms${reason}`);
}

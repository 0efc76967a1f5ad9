import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { ConnectionOptions } from 'mysql2/promise';
import { createFaultProxy, type FaultProxy } from '../../support/proxy/fault-proxy.ts';
import type { Server } from '../../support/server/server.ts';
import { CallbackError, type Client } from './client.ts';
import { type ClientName, clientOf } from './clients.ts';
import { type Conversation, listen } from './conversation.ts';
import { commandOf, type Place } from './place.ts';
import { type Heard, hear, type Notes } from './verdict.ts';
import { type WayName, wayOf } from './ways.ts';
import { type WorkloadName, workloadOf } from './workloads.ts';

/** Longer than anything may take, also on a machine that is busy with other things. */
const deadline = 45_000;

/** A place, and what was heard there. */
export interface Result extends Heard {
  readonly place: Place;
  readonly id: number;
  /** Whether it came to that. */
  readonly cut: boolean;
}

/** One client behind a proxy of its own, on which one conversation after the other is cut. */
export class Lane {
  readonly #proxy: FaultProxy;
  readonly #workload: WorkloadName;
  readonly #prepares: boolean;
  readonly #open: () => Client;
  #client: Client | undefined;

  private constructor(proxy: FaultProxy, workload: WorkloadName, prepares: boolean, open: () => Client) {
    this.#proxy = proxy;
    this.#workload = workload;
    this.#prepares = prepares;
    this.#open = open;
  }

  /** @param patience `listens`: nothing is to be cut, so nothing may be given up */
  static async open(
    client: ClientName,
    workload: WorkloadName,
    way: WayName,
    server: Server,
    patience: 'listens' | 'cuts' = 'cuts',
  ): Promise<Lane> {
    const { transparent = false, policy: ofWay } = wayOf(way);
    const { alwaysSucceeds = false, connects = false, prepares: preparesFirst } = workloadOf(workload);
    // On a machine that is busy with other things an attempt may be given up that met no silence, and then another one.
    const { attemptTimeout: _limit, ...unlimited } = ofWay;
    const ofCuts = alwaysSucceeds && ofWay.attemptTimeout !== undefined ? { ...ofWay, retries: 40 } : ofWay;
    // What the server is asked about a statement that takes long is no part of its conversation.
    const policy = patience === 'listens' ? { ...unlimited, watch: false as const } : ofCuts;
    const { host } = server;
    const proxy = await createFaultProxy({ host, port: server.port, transparent });
    const { port } = proxy;
    const options: ConnectionOptions = {
      ...server.connectionOptions('app'),
      port,
      // A handshake that meets silence is waited for so long; none does where it is not cut.
      connectTimeout: connects && patience === 'cuts' ? 800 : 5_000,
      ...(transparent && { stream: () => connect({ host, port, localAddress: host, noDelay: true }) }),
      ...(clientOf(client).tls === true && { ssl: { ...server.tls } }),
    };
    const prepares = (clientOf(client).prepares ?? preparesFirst) === true;
    return new Lane(proxy, workload, prepares, () => clientOf(client).open(options, policy));
  }

  /** The conversation as it is when nobody cuts it. */
  async listen(id: number): Promise<Conversation> {
    const client = await this.#ready();
    const notes: Notes = { callbacks: 0 };
    return listen(this.#proxy, () => settledWork(this.#work(client, id, notes), notes));
  }

  async cut(place: Place, id: number): Promise<Result> {
    const { break: how, when } = wayOf(place.way);
    const client = await this.#ready();
    const notes: Notes = { callbacks: 0 };
    const cutting = this.#proxy.cutAfter(place.direction, place.byte, how, when);
    const heard = await hear(this.#work(client, id, notes), notes, deadline);
    const cut = !this.#proxy.cutNothing();
    // What the network swallowed is nobody's any more; without this the server would wait for the rest, and the proxy for its client.
    const broken = cut ? await Promise.race([cutting, delay(deadline, undefined, { ref: false })]) : undefined;
    if (cut && broken === undefined)
      throw new Error(`${commandOf(place)}: it was to be cut, and the proxy did not do it`);
    if (how === 'silence' || when === 'stalled') broken?.reset();
    return { place, id, cut, ...heard };
  }

  /**
   * Ends the client, which has to work.
   *
   * @returns how many of its connections are left then
   */
  async end(): Promise<number> {
    if (this.#client !== undefined) await warm(this.#client);
    await this.#client?.end();
    await this.#ended();
    const left = this.#proxy.connections();
    await this.#proxy.close();
    return left;
  }

  /** Lets go of everything, whatever state it is in. */
  async abandon(): Promise<void> {
    void this.#client?.end().catch(() => {});
    await this.#proxy.close();
  }

  /** With a sound connection; or with none, where that is to be cut as well. */
  async #ready(): Promise<Client> {
    if (workloadOf(this.#workload).connects === true) {
      await this.#client?.end();
      await this.#ended();
      this.#client = this.#open();
    } else {
      // What the connection has prepared in another run would not be sent again.
      if (this.#prepares) this.#proxy.resetAll();
      this.#client ??= this.#open();
      await warm(this.#client);
    }
    return this.#client;
  }

  /** What ended connections still say is no part of the next conversation. */
  async #ended(): Promise<void> {
    const until = performance.now() + deadline;
    while (this.#proxy.connections() > 0 && performance.now() < until) await delay(1);
  }

  #work(client: Client, id: number, notes: Notes): Promise<unknown> {
    const work = client.work[this.#workload];
    if (work === undefined) throw new TypeError(`This client has no workload ${this.#workload}`);
    const callback = () => {
      notes.callbacks += 1;
    };
    const forget = (write: Promise<unknown>) => {
      write.catch(() => {});
      notes.forgotten = write;
    };
    return work({ id, callback, forget });
  }
}

/** Also what nobody waited for is part of the conversation. */
async function settledWork(work: Promise<unknown>, notes: Notes): Promise<void> {
  await work.catch((error: unknown) => {
    if (!(error instanceof CallbackError)) throw error;
  });
  await notes.forgotten?.catch(() => {});
}

/** However impatient its policy is: on a machine that is busy with other things, nothing is proven by a read that was given up. */
async function warm(client: Client): Promise<void> {
  for (const until = performance.now() + deadline * 2; ; ) {
    try {
      await client.warm();
      return;
    } catch (error) {
      if (performance.now() > until) throw error;
    }
  }
}

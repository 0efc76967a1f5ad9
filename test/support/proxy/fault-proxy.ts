import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import {
  type Break,
  type BreakTime,
  type Cut,
  type Direction,
  ProxyConnection,
  type TrafficRules,
  type Verdict,
} from './fault-proxy-connection.ts';

/**
 * - `pass`: an ordinary network.
 * - `blackhole`: nothing gets through either way, FIN and RST included; new connections are accepted and meet silence.
 * - `drop-c2s`, `drop-s2c`: the same in one direction.
 * - `hold`: nothing gets through either way for now; after another mode is set, everything does, as with a short outage
 *   that TCP's retransmissions bridge.
 * - `refuse`: new connections are accepted and reset; existing ones pass.
 */
export type FaultMode = 'pass' | 'blackhole' | 'drop-c2s' | 'drop-s2c' | 'hold' | 'refuse';

export type DataHook = (chunk: Buffer, connection: ProxyConnection) => Verdict | undefined;

/** Where the real server is. */
export interface FaultProxyOptions {
  readonly port: number;
  /** Default '127.0.0.1'. */
  readonly host?: string;
  /**
   * The server is to see the client's own address and port, as behind a router. The client has to name its address when it connects
   * (`localAddress`), for the kernel to let a second socket have its port.
   */
  readonly transparent?: boolean;
}

/** Starts a proxy on a free port of 127.0.0.1. */
export async function createFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const listener = createServer({ allowHalfOpen: true });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return new FaultProxy(listener, options);
}

/**
 * A TCP proxy that misbehaves on demand and knows nothing of the protocol. A FIN or RST of one side is passed on as such,
 * half-open connections stay half-open.
 *
 * What a black hole swallowed is lost. A connection that lost bytes in a direction stays silent in that direction also after
 * `set('pass')`, as TCP never delivers past a gap; one that was idle meanwhile works again, as it would in a real network;
 * one that was accepted in the black hole has no counterpart and stays silent for ever. The server notices none of this: its
 * half of a dead connection stays open until `close()`.
 *
 * Nothing bounds the bytes in memory: it is made for the traffic of tests.
 */
export class FaultProxy {
  readonly host = '127.0.0.1';
  readonly port: number;
  /** Bytes that clients have sent, also those that were then lost. */
  bytesC2s = 0;
  /** Bytes that the server has sent, also those that were then lost. */
  bytesS2c = 0;
  /** How often, over all connections, the server spoke after the client had: one per answered request, however many chunks. */
  roundTrips = 0;
  /** How many connections clients have made until now. */
  accepted = 0;

  readonly #listener: Server;
  #target: FaultProxyOptions;
  readonly #connections = new Set<ProxyConnection>();
  readonly #hooks = { c2s: new Set<DataHook>(), s2c: new Set<DataHook>() };
  readonly #cuts: { c2s: PlannedCut | undefined; s2c: PlannedCut | undefined } = { c2s: undefined, s2c: undefined };
  readonly #lastSpoke = new WeakMap<ProxyConnection, Direction>();
  readonly #rules: TrafficRules;
  #mode: FaultMode = 'pass';
  #latency = 0;
  #pace = Number.POSITIVE_INFINITY;
  #lastId = 0;

  constructor(listener: Server, target: FaultProxyOptions) {
    this.#listener = listener;
    this.#target = target;
    this.port = (listener.address() as AddressInfo).port;
    this.#rules = {
      received: (direction, chunk, connection) => this.#received(direction, chunk, connection),
      loses: (direction) => this.#mode === 'blackhole' || this.#mode === `drop-${direction}`,
      holds: () => this.#mode === 'hold',
      latency: () => this.#latency,
      pause: (direction, length) => (direction === 'c2s' ? length / this.#pace : 0),
      cut: (direction, length) => this.#cut(direction, length),
    };
    listener.on('connection', (client) => this.#accept(client));
  }

  get mode(): FaultMode {
    return this.#mode;
  }

  /** Connections of which at least one side is open. */
  connections(): number {
    return this.#connections.size;
  }

  /** Changes the network for all connections, those that exist and those to come. */
  set(mode: FaultMode): void {
    this.#mode = mode;
    for (const connection of this.#connections) connection.pump();
  }

  /** Delays everything by `ms` whole milliseconds in each direction, so a round trip takes twice as long. 0 ends it. */
  delay(ms: number): void {
    this.#latency = ms;
  }

  /** Reads no more than so many bytes in a millisecond of each client, whose window closes meanwhile. Infinity ends it. */
  pace(bytesPerMs: number): void {
    this.#pace = bytesPerMs;
  }

  /** From now on new connections go to another server, as when a virtual IP moves. What is open stays where it is. */
  redirect(target: Pick<FaultProxyOptions, 'host' | 'port'>): void {
    const { transparent = false } = this.#target;
    this.#target = { ...target, transparent };
  }

  /** RST to both sides of every connection, now. */
  resetAll(): void {
    for (const connection of this.#connections) connection.reset();
  }

  /** FIN to both sides of every connection, now. */
  finishAll(): void {
    for (const connection of this.#connections) connection.finish();
  }

  /**
   * Lets the next `bytes` bytes of a direction pass, counted over all connections, then breaks the connection that carried
   * the last of them. With 0 it breaks at the next chunk, of which nothing passes. Happens once; a second call replaces the first.
   *
   * @returns a promise that resolves with the connection when it is broken.
   */
  cutAfter(direction: Direction, bytes: number, how: Break, when: BreakTime = 'seen'): Promise<ProxyConnection> {
    return new Promise((resolve) => {
      this.#cuts[direction] = { left: bytes, how, when, done: resolve };
    });
  }

  /** Takes back what {@link cutAfter} has planned. @returns whether it had not come to that. */
  cutNothing(): boolean {
    const { c2s, s2c } = this.#cuts;
    this.#cuts.c2s = undefined;
    this.#cuts.s2c = undefined;
    return c2s !== undefined || s2c !== undefined;
  }

  /** Calls `hook` with every chunk a client sends, before it is forwarded. @returns a function that removes the hook. */
  onClientData(hook: DataHook): () => void {
    this.#hooks.c2s.add(hook);
    return () => this.#hooks.c2s.delete(hook);
  }

  /** Calls `hook` with every chunk the server sends, before it is forwarded. @returns a function that removes the hook. */
  onServerData(hook: DataHook): () => void {
    this.#hooks.s2c.add(hook);
    return () => this.#hooks.s2c.delete(hook);
  }

  /** Resets what is open and stops listening. */
  async close(): Promise<void> {
    this.resetAll();
    if (!this.#listener.listening) return;
    this.#listener.close();
    await once(this.#listener, 'close');
  }

  #accept(client: Socket): void {
    this.accepted += 1;
    if (this.#mode === 'refuse') {
      client.resetAndDestroy();
      return;
    }
    const { port, host = '127.0.0.1' } = this.#target;
    const { remoteAddress: localAddress, remotePort: localPort } = client;
    const from = this.#target.transparent === true && localAddress && localPort ? { localAddress, localPort } : {};
    const server = this.#mode === 'blackhole' ? undefined : connect({ port, host, allowHalfOpen: true, ...from });
    const forget = () => this.#connections.delete(connection);
    this.#lastId += 1;
    const connection: ProxyConnection = new ProxyConnection(this.#lastId, client, server, this.#rules, forget);
    this.#connections.add(connection);
  }

  #received(direction: Direction, chunk: Buffer, connection: ProxyConnection): Verdict {
    if (direction === 'c2s') this.bytesC2s += chunk.length;
    else this.bytesS2c += chunk.length;
    if (direction === 's2c' && this.#lastSpoke.get(connection) === 'c2s') this.roundTrips += 1;
    this.#lastSpoke.set(connection, direction);
    const verdicts = [...this.#hooks[direction]].map((hook) => hook(chunk, connection));
    return verdicts.includes('swallow') ? 'swallow' : 'forward';
  }

  #cut(direction: Direction, length: number): Cut | undefined {
    const cut = this.#cuts[direction];
    if (cut === undefined) return undefined;
    if (length < cut.left) {
      cut.left -= length;
      return undefined;
    }
    this.#cuts[direction] = undefined;
    return { ...cut, pass: cut.left };
  }
}

interface PlannedCut {
  left: number;
  readonly how: Break;
  readonly when: BreakTime;
  readonly done: (connection: ProxyConnection) => void;
}

import type { Socket } from 'node:net';
import { setImmediate } from '../../../src/timers.ts';
import { Lane, reset, type TrafficRules } from './lane.ts';

/** A client's connection and its counterpart to the server. */
export class ProxyConnection {
  readonly #client: Socket;
  readonly #server: Socket | undefined;
  readonly #lanes: readonly Lane[];
  /** When both are closed. */
  readonly closed: Promise<void>;

  /** @param server undefined for a connection that nothing is behind */
  constructor(client: Socket, server: Socket | undefined, rules: TrafficRules) {
    this.#client = client;
    this.#server = server;
    const sockets = this.#sockets();
    for (const socket of sockets) {
      socket.setNoDelay();
      socket.unref();
      // Where a name has several addresses, each attempt has a handle of its own.
      socket.once('connect', () => socket.unref());
    }
    this.closed = Promise.all(sockets.map(closeOf)).then(() => {});
    const toServer = new Lane('toServer', client, server, rules);
    this.#lanes = server === undefined ? [toServer] : [toServer, new Lane('toClient', server, client, rules)];
  }

  /** RST to both sides, at once; bytes under way are lost. */
  reset(): void {
    for (const lane of this.#lanes) lane.lose();
    for (const socket of this.#sockets()) reset(socket);
  }

  /**
   * RST to both sides, when they have had a chance to read what has passed before. libuv reports bytes and a RST that come together as bytes and the end of a file,
   * and which of the two a client sees should not be a matter of luck. (Where the client is another process, it is.)
   */
  cut(): void {
    for (const lane of this.#lanes) lane.lose();
    // The first one runs before the event loop polls again, the second one after that.
    setImmediate(() => setImmediate(() => this.reset()));
  }

  /** RST to the server, where the network has hidden from it that the client is gone. */
  endIfClientIsGone(): void {
    const isHidden = this.#lanes.some((lane) => lane.isLost);
    if (isHidden && (this.#client.readableEnded || this.#client.destroyed)) this.reset();
  }

  /** To be called when the rules have changed. */
  pump(): void {
    for (const lane of this.#lanes) lane.pump();
  }

  #sockets(): readonly Socket[] {
    return this.#server === undefined ? [this.#client] : [this.#client, this.#server];
  }
}

function closeOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

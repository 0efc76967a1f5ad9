import type { Socket } from 'node:net';

/** Which way bytes go: client to server, or server to client. */
export type Direction = 'c2s' | 's2c';

/** How a connection is broken: both sides get a FIN, both get a RST, or neither hears anything any more. */
export type Break = 'fin' | 'rst' | 'silence';

/** What a hook decides about a chunk; nothing means 'forward'. */
export type Verdict = 'forward' | 'swallow';

type Item = { readonly kind: 'end' } | { readonly kind: 'reset' } | { readonly kind: 'data'; readonly chunk: Buffer };

export interface Cut {
  /** So many bytes of the chunk may pass. */
  readonly pass: number;
  readonly how: Break;
  /** To be called when the connection is broken. */
  readonly done: (connection: ProxyConnection) => void;
}

/** What the proxy tells its connections to do; asked anew for every chunk. */
export interface TrafficRules {
  /** Counts, and asks the hooks. Bytes are counted as they come in, whatever becomes of them. */
  received(direction: Direction, chunk: Buffer, connection: ProxyConnection): Verdict;
  /** The network delivers nothing this way, now or ever for those bytes. */
  loses(direction: Direction): boolean;
  /** The network delivers nothing this way now, but will later. */
  holds(): boolean;
  /** Milliseconds that every chunk takes on its way. */
  latency(): number;
  /** How many of `length` bytes may pass before the connection is broken, and how it is; undefined when all may. */
  cut(direction: Direction, length: number): Cut | undefined;
}

/** One client connection and its counterpart to the server. */
export class ProxyConnection {
  /** 1 for the proxy's first connection, and so on. */
  readonly id: number;
  readonly #client: Socket;
  readonly #server: Socket | undefined;
  readonly #lanes: Lane[];

  /** @param server undefined for a connection that was accepted in a black hole. */
  constructor(id: number, client: Socket, server: Socket | undefined, rules: TrafficRules, onClose: () => void) {
    this.id = id;
    this.#client = client;
    this.#server = server;
    const sockets = this.#sockets();
    let open = sockets.length;
    for (const socket of sockets) {
      socket.setNoDelay();
      socket.on('close', () => {
        open -= 1;
        if (open === 0) onClose();
      });
    }
    this.#lanes = [new Lane('c2s', client, server, rules, this)];
    if (server !== undefined) this.#lanes.push(new Lane('s2c', server, client, rules, this));
  }

  /** Says something to the client in the server's place. */
  answer(bytes: Buffer): void {
    this.#client.write(bytes);
  }

  /** RST to both sides, at once; bytes under way are lost. */
  reset(): void {
    this.silence();
    for (const socket of this.#sockets()) reset(socket);
  }

  /** FIN to both sides; what they still send is swallowed. */
  finish(): void {
    this.silence();
    for (const socket of this.#sockets()) socket.end();
  }

  /** From now on nothing reaches either side, not even that the other one has gone. */
  silence(): void {
    for (const lane of this.#lanes) lane.lose();
  }

  break(how: Break): void {
    if (how === 'rst') this.reset();
    else if (how === 'fin') this.finish();
    else this.silence();
  }

  /** To be called when the rules have changed. */
  pump(): void {
    for (const lane of this.#lanes) lane.pump();
  }

  #sockets(): Socket[] {
    return this.#server === undefined ? [this.#client] : [this.#client, this.#server];
  }
}

/** A RST; where a FIN is still being flushed libuv refuses one, and the socket would never close. */
function reset(socket: Socket): void {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy();
  else socket.resetAndDestroy();
}

/** Node's timers count whole milliseconds and may fire that much early; what they were set for is then due. */
const TIMER_SLACK_MS = 1;

/** One direction of a connection. Bytes, FIN and RST keep their order and suffer the same latency. */
class Lane {
  readonly #direction: Direction;
  readonly #to: Socket | undefined;
  readonly #rules: TrafficRules;
  readonly #connection: ProxyConnection;
  readonly #queue: { readonly item: Item; readonly due: number }[] = [];
  /** TCP delivers everything in order or nothing: after a gap nothing more can arrive. */
  #lost: boolean;

  constructor(
    direction: Direction,
    from: Socket,
    to: Socket | undefined,
    rules: TrafficRules,
    connection: ProxyConnection,
  ) {
    this.#direction = direction;
    this.#to = to;
    this.#rules = rules;
    this.#connection = connection;
    this.#lost = to === undefined;
    from.on('data', (chunk: Buffer) => {
      if (rules.received(direction, chunk, connection) === 'forward') this.#enqueue({ kind: 'data', chunk });
    });
    from.on('end', () => this.#enqueue({ kind: 'end' }));
    from.on('error', () => this.#enqueue({ kind: 'reset' }));
  }

  lose(): void {
    this.#lost = true;
    this.#queue.length = 0;
  }

  pump(): void {
    for (;;) {
      const head = this.#queue[0];
      if (head === undefined || this.#rules.holds() || head.due > performance.now() + TIMER_SLACK_MS) return;
      this.#queue.shift();
      this.#deliver(head.item);
    }
  }

  #enqueue(item: Item): void {
    const latency = this.#rules.latency();
    this.#queue.push({ item, due: latency === 0 ? 0 : performance.now() + latency });
    if (latency > 0) setTimeout(() => this.pump(), latency);
    else this.pump();
  }

  #deliver(item: Item): void {
    if (this.#rules.loses(this.#direction)) this.lose();
    if (this.#lost || this.#to === undefined || this.#to.destroyed) return;
    if (item.kind === 'reset') reset(this.#to);
    else if (item.kind === 'end') this.#to.end();
    else this.#write(this.#to, item.chunk);
  }

  #write(to: Socket, chunk: Buffer): void {
    const cut = this.#rules.cut(this.#direction, chunk.length);
    if (cut === undefined) {
      to.write(chunk);
      return;
    }
    this.lose();
    to.write(chunk.subarray(0, cut.pass), () => afterOnePoll(() => this.#breakOff(cut)));
  }

  #breakOff(cut: Cut): void {
    this.#connection.break(cut.how);
    cut.done(this.#connection);
  }
}

/**
 * Runs `action` when every socket of this process has had a chance to read what is there. libuv reports bytes and RST that
 * arrive together as bytes and end of file, and which of the two a client sees after a cut should not be a matter of luck.
 * (For a client in another process it is.)
 */
function afterOnePoll(action: () => void): void {
  // The first one runs before the event loop polls again, the second one after that.
  setImmediate(() => setImmediate(action));
}

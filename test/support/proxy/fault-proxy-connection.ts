import type { Socket } from 'node:net';

/** Which way bytes go: client to server, or server to client. */
export type Direction = 'c2s' | 's2c';

/** How a connection is broken: both sides get a FIN, both get a RST, or neither hears anything any more. */
export type Break = 'fin' | 'rst' | 'silence';

/**
 * When a connection is broken whose last byte has passed.
 *
 * - `seen`: both sides have had a chance to read what has passed before.
 * - `at-once`: together with that byte.
 * - `stalled`: from that byte on nothing is read of its sender any more, whose window closes; when it has written all that its kernel takes.
 */
export type BreakTime = 'seen' | 'at-once' | 'stalled';

/** What a hook decides about a chunk; nothing means 'forward'. */
export type Verdict = 'forward' | 'swallow';

type Item = { readonly kind: 'end' } | { readonly kind: 'reset' } | { readonly kind: 'data'; readonly chunk: Buffer };

export interface Cut {
  /** So many bytes of the chunk may pass. */
  readonly pass: number;
  readonly how: Break;
  readonly when: BreakTime;
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
  /** For how many milliseconds nothing more is read of whoever has sent so many bytes; 0 if that is at once. */
  pause(direction: Direction, length: number): number;
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
  readonly #from: Socket;
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
    this.#from = from;
    this.#to = to;
    this.#rules = rules;
    this.#connection = connection;
    this.#lost = to === undefined;
    from.on('data', (chunk: Buffer) => {
      const pause = rules.pause(direction, chunk.length);
      if (pause > 0) {
        from.pause();
        setTimeout(() => from.resume(), pause);
      }
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
    if (cut.when === 'stalled') this.#from.pause();
    to.write(chunk.subarray(0, cut.pass), () => afterPolls(polls[cut.when], () => this.#breakOff(cut)));
  }

  #breakOff(cut: Cut): void {
    this.#connection.break(cut.how);
    cut.done(this.#connection);
  }
}

/**
 * Where the sockets of this process have one chance to read what is there: libuv reports bytes and RST that arrive together as bytes and end of
 * file, and which of the two a client sees after a cut should not be a matter of luck. (For a client in another process it is.)
 *
 * A client whose window closes has been told so after a few more: its kernel has got what had been read before, and takes as much again.
 */
const polls: Readonly<Record<BreakTime, number>> = { 'at-once': 0, seen: 1, stalled: 10 };

/** Runs `action` when the event loop has polled so many times. */
function afterPolls(count: number, action: () => void): void {
  if (count === 0) action();
  // The first one runs before the event loop polls again, the second one after that.
  else setImmediate(() => setImmediate(() => afterPolls(count - 1, action)));
}

import type { Socket } from 'node:net';
import { now, setTimeout } from '../../../src/timers.ts';

/** Which way bytes go. */
export type Direction = 'toServer' | 'toClient';

/** What becomes of a chunk that has arrived. */
export interface Passage {
  /** What of it goes on. */
  readonly bytes: Buffer;
  /** Called when that has left this process. Nothing else goes on behind it. */
  readonly afterwards?: () => void;
}

/** What the network is like; asked anew for every chunk. */
export interface TrafficRules {
  /** Milliseconds that everything takes on its way. */
  latency(): number;
  /** Nothing arrives, now or ever for what is sent now. */
  loses(): boolean;
  passage(direction: Direction, chunk: Buffer): Passage;
}

type Item = { readonly kind: 'end' } | { readonly kind: 'reset' } | { readonly kind: 'data'; readonly chunk: Buffer };

/** Node's timers count whole milliseconds and may fire that much early; what they were set for is then due. */
const timerSlack = 1;

/** How many bytes may be on their way while they are delayed. Beyond that the sender waits, as for a window of TCP. */
const mostUnderWay = 4 * 1_024 * 1_024;

/** One direction of a connection. Bytes, FIN and RST keep their order and take the same time. */
export class Lane {
  readonly #direction: Direction;
  readonly #from: Socket;
  readonly #to: Socket | undefined;
  readonly #rules: TrafficRules;
  #queue: { readonly item: Item; readonly due: number }[] = [];
  #underWay = 0;
  #isBlocked = false;
  /** TCP delivers everything in order or nothing: after a gap nothing more can arrive. */
  #isLost: boolean;

  constructor(direction: Direction, from: Socket, to: Socket | undefined, rules: TrafficRules) {
    this.#direction = direction;
    this.#from = from;
    this.#to = to;
    this.#rules = rules;
    this.#isLost = to === undefined;
    from.on('data', (chunk: Buffer) => this.#enqueue({ kind: 'data', chunk }));
    from.on('end', () => this.#enqueue({ kind: 'end' }));
    from.on('error', () => this.#enqueue({ kind: 'reset' }));
    for (const event of ['drain', 'close']) to?.on(event, () => this.#unblock());
  }

  /** Nothing arrives any more. */
  lose(): void {
    this.#isLost = true;
    this.#queue = [];
    this.#underWay = 0;
    this.#unblock();
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  /** Delivers what is due. */
  pump(): void {
    for (;;) {
      const [head] = this.#queue;
      if (head === undefined || (this.#rules.latency() > 0 && head.due > now() + timerSlack)) break;
      this.#queue.shift();
      if (head.item.kind === 'data') this.#underWay -= head.item.chunk.length;
      this.#deliver(head.item);
    }
    this.#regulate();
  }

  #enqueue(item: Item): void {
    if (this.#rules.loses()) this.lose();
    if (this.#isLost) return;
    const latency = this.#rules.latency();
    this.#queue.push({ item, due: now() + latency });
    if (item.kind === 'data') this.#underWay += item.chunk.length;
    if (latency > 0) setTimeout(() => this.pump(), latency).unref();
    this.pump();
  }

  #deliver(item: Item): void {
    if (this.#rules.loses()) this.lose();
    if (this.#isLost || this.#to === undefined || this.#to.destroyed) return;
    if (item.kind === 'reset') reset(this.#to);
    else if (item.kind === 'end') this.#to.end();
    else this.#write(this.#to, item.chunk);
  }

  #write(to: Socket, chunk: Buffer): void {
    const { bytes, afterwards } = this.#rules.passage(this.#direction, chunk);
    if (afterwards !== undefined) this.lose();
    if (bytes.length > 0) this.#isBlocked = !to.write(bytes, afterwards);
    else afterwards?.();
  }

  #unblock(): void {
    this.#isBlocked = false;
    this.#regulate();
  }

  /** What is not taken on the one side is not read on the other, so that the sender sees what it would see without us. */
  #regulate(): void {
    if (this.#isBlocked || this.#underWay > mostUnderWay) this.#from.pause();
    else if (this.#from.isPaused()) this.#from.resume();
  }
}

/** A RST, where there can be one: not before there is a connection, not over a socket file, and libuv refuses one while a FIN is being flushed. */
export function reset(socket: Socket): void {
  const isFlushing = socket.writableEnded && !socket.writableFinished;
  // Of a socket file, there is no family of addresses.
  if (socket.connecting || isFlushing || socket.remoteFamily === undefined) socket.destroy();
  else socket.resetAndDestroy();
}

import type { Socket } from 'node:net';
import type { Faults } from './faults.ts';
import { GreetingFilter } from './greeting-filter.ts';
import { ProxyConnection } from './network/connection.ts';
import type { Direction, Passage } from './network/lane.ts';
import { Conversation, type Unreadable } from './protocol/conversation.ts';

const nothing: Buffer = Buffer.alloc(0);

/** A connection on which somebody reads along, and lets happen what was planned. */
export class WatchedConnection {
  readonly #faults: Faults;
  readonly #conversation: Conversation;
  readonly #greeting: GreetingFilter | undefined;
  readonly #connection: ProxyConnection;

  /**
   * @param server undefined for a connection that nothing is behind
   * @param plaintext TLS and compression are hidden from the client
   */
  constructor(client: Socket, server: Socket | undefined, faults: Faults, plaintext: boolean) {
    this.#faults = faults;
    this.#conversation = new Conversation((sql) => faults.lostAnswer?.takes(this, sql) ?? false);
    this.#greeting = plaintext ? new GreetingFilter() : undefined;
    this.#connection = new ProxyConnection(client, server, {
      latency: () => faults.latency,
      loses: () => faults.isBlackHole,
      passage: (direction, chunk) => (direction === 'toServer' ? this.#toServer(chunk) : this.#toClient(chunk)),
    });
    this.closed.then(() => faults.failOn(this));
  }

  /** When both sides are closed. */
  get closed(): Promise<void> {
    return this.#connection.closed;
  }

  get unreadable(): Unreadable | undefined {
    return this.#conversation.unreadable;
  }

  reset(): void {
    this.#connection.reset();
  }

  /** To be called when faults have ended, or others are in force. */
  pump(): void {
    this.#connection.pump();
  }

  endIfClientIsGone(): void {
    this.#connection.endIfClientIsGone();
  }

  #toServer(chunk: Buffer): Passage {
    const passage = this.#cutOff('toServer', chunk);
    this.#conversation.sent(passage.bytes);
    this.#endIfUnreadable();
    return passage;
  }

  #toClient(chunk: Buffer): Passage {
    const readable = this.#greeting === undefined ? chunk : this.#greeting.filter(chunk);
    const { bytes, lost } = this.#conversation.answered(readable);
    if (this.#endIfUnreadable()) return { bytes: nothing };
    if (lost === undefined) return this.#cutOff('toClient', bytes);
    const fault = this.#faults.takeLostAnswer();
    return { bytes, afterwards: () => this.#break(() => fault?.happen(lost)) };
  }

  #cutOff(direction: Direction, bytes: Buffer): Passage {
    const pass = bytes.length === 0 ? undefined : this.#faults.cut?.passOf(this, direction, bytes.length);
    if (pass === undefined) return { bytes };
    const fault = this.#faults.takeCut();
    return { bytes: bytes.subarray(0, pass), afterwards: () => this.#break(() => fault?.happen()) };
  }

  #break(whenBroken: () => void): void {
    this.closed.then(whenBroken);
    this.#connection.cut();
  }

  /**
   * Where nobody can read along, no answer can be lost. One of which a part is withheld already takes its connection with it, for where it ends nobody knows.
   *
   * @returns whether that is so
   */
  #endIfUnreadable(): boolean {
    const { unreadable } = this;
    const fault = this.#faults.lostAnswer;
    if (unreadable === undefined || fault === undefined) return false;
    this.#faults.failAsUnreadable(unreadable);
    if (!fault.isOn(this)) return false;
    this.reset();
    return true;
  }
}

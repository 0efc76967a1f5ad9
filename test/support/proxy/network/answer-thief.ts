import type { FaultProxy } from '../fault-proxy.ts';
import type { ProxyConnection } from '../fault-proxy-connection.ts';

/** The first byte after a packet's header of four: COM_QUERY, followed by the statement. */
const comQuery = 0x03;

interface Conversation {
  inTransaction: boolean;
  /** The answer to the statement in flight will be stolen. */
  doomed: boolean;
}

/**
 * Loses answers: the server gets a write and applies it, its answer is swallowed, and the connection is reset. Takes the answer of every
 * second INSERT outside a transaction or COMMIT: of every second one only, so that a client that sends the same write again at once is
 * not robbed again for it.
 */
export class AnswerThief {
  readonly #conversations = new WeakMap<ProxyConnection, Conversation>();
  #left = 0;
  #writes = 0;

  constructor(proxy: FaultProxy) {
    proxy.onClientData((chunk, connection) => {
      this.#sent(chunk, this.#conversation(connection));
      return undefined;
    });
    proxy.onServerData((_chunk, connection) => {
      if (!this.#conversation(connection).doomed) return 'forward';
      connection.reset();
      return 'swallow';
    });
  }

  /** Takes the next `count` answers; 0 stops. */
  steal(count: number): void {
    this.#left = count;
    this.#writes = 0;
  }

  #sent(chunk: Buffer, conversation: Conversation): void {
    if (chunk[4] !== comQuery) return;
    const verb = /\b(begin|commit|rollback|insert)\b/i.exec(chunk.toString('latin1', 5, 24))?.[1]?.toLowerCase();
    const decides = verb === 'commit' || (verb === 'insert' && !conversation.inTransaction);
    if (verb === 'begin') conversation.inTransaction = true;
    if (verb === 'commit' || verb === 'rollback') conversation.inTransaction = false;
    if (!decides || this.#left === 0) return;
    this.#writes += 1;
    if (this.#writes % 2 === 0) return;
    this.#left -= 1;
    conversation.doomed = true;
  }

  #conversation(connection: ProxyConnection): Conversation {
    let conversation = this.#conversations.get(connection);
    if (conversation === undefined) {
      conversation = { inTransaction: false, doomed: false };
      this.#conversations.set(connection, conversation);
    }
    return conversation;
  }
}

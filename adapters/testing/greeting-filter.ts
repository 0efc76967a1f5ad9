import { hideFromGreeting } from './protocol/handshake.ts';
import { PacketSplitter } from './protocol/packet-splitter.ts';

const nothing: Buffer = Buffer.alloc(0);

/** Lets all bytes of a server pass, its greeting without the offer to encrypt or to compress. For that it needs the greeting as a whole. */
export class GreetingFilter {
  #held: Buffer = nothing;
  #isDone = false;

  /** @returns what may go on, some of it from earlier chunks */
  filter(chunk: Buffer): Buffer {
    if (this.#isDone) return chunk;
    this.#held = Buffer.concat([this.#held, chunk]);
    const [greeting] = new PacketSplitter(Number.POSITIVE_INFINITY).split(this.#held);
    if (greeting === undefined) return nothing;
    this.#isDone = true;
    try {
      // Its payload is a part of what is held, and is changed there.
      hideFromGreeting(greeting.payload);
    } catch (error) {
      if ((error as Error).name !== 'RangeError') throw error;
    }
    return this.#held;
  }
}

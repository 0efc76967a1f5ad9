/** Bytes in front of each packet: three of its length, one of its number. */
const headerLength = 4;

/** What one packet has behind its header at most, in bytes; more is cut into several. */
const longestPacket = 0xff_ff_ff;

/** What one side has said at once: a packet, or several that belong together because one has not been enough. */
export interface Packet {
  /** Of the first one. */
  readonly sequenceId: number;
  /** What is in it, as far as it was kept. */
  readonly payload: Buffer;
  /** Of all that is in it, in bytes. */
  readonly length: number;
  /** Where the chunk goes on behind it. */
  readonly end: number;
}

/** Finds the packets in the bytes of one side, in whatever chunks they come. */
export class PacketSplitter {
  readonly #most: number;
  readonly #header = Buffer.alloc(headerLength);
  #headerBytes = 0;
  /** Of the packet whose header was read last. */
  #left = 0;
  #isFull = false;
  #isContinued = false;
  #parts: Buffer[] = [];
  #kept = 0;
  #length = 0;
  #sequenceId = 0;

  /** @param most how many bytes of each packet are kept */
  constructor(most: number) {
    this.#most = most;
  }

  /** The packets that end in this chunk. */
  *split(chunk: Buffer): Generator<Packet, void, undefined> {
    let offset = 0;
    while (offset < chunk.length) {
      offset = this.#headerBytes < headerLength ? this.#readHeader(chunk, offset) : this.#readPayload(chunk, offset);
      if (this.#headerBytes === headerLength && this.#left === 0) {
        const packet = this.#finish(offset);
        if (packet !== undefined) yield packet;
      }
    }
  }

  #readHeader(chunk: Buffer, offset: number): number {
    const count = Math.min(headerLength - this.#headerBytes, chunk.length - offset);
    chunk.copy(this.#header, this.#headerBytes, offset, offset + count);
    this.#headerBytes += count;
    if (this.#headerBytes === headerLength) {
      this.#left = this.#header.readUIntLE(0, 3);
      this.#isFull = this.#left === longestPacket;
      this.#length += this.#left;
      if (!this.#isContinued) this.#sequenceId = this.#header.readUInt8(3);
    }
    return offset + count;
  }

  #readPayload(chunk: Buffer, offset: number): number {
    const count = Math.min(this.#left, chunk.length - offset);
    const kept = Math.min(count, this.#most - this.#kept);
    if (kept > 0) this.#parts.push(chunk.subarray(offset, offset + kept));
    this.#kept += kept;
    this.#left -= count;
    return offset + count;
  }

  #finish(end: number): Packet | undefined {
    this.#headerBytes = 0;
    this.#isContinued = this.#isFull;
    if (this.#isContinued) return undefined;
    const [first = Buffer.alloc(0)] = this.#parts;
    const payload = this.#parts.length < 2 ? first : Buffer.concat(this.#parts);
    const packet = { sequenceId: this.#sequenceId, payload, length: this.#length, end };
    this.#parts = [];
    this.#kept = 0;
    this.#length = 0;
    return packet;
  }
}

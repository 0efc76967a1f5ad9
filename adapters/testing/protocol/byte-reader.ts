/**
 * Reads numbers and texts of the protocol, one after the other.
 *
 * @throws RangeError where the bytes end too early
 */
export class ByteReader {
  readonly #bytes: Buffer;
  #offset: number;

  constructor(bytes: Buffer, offset = 0) {
    this.#bytes = bytes;
    this.#offset = offset;
  }

  /** A number of so many bytes, 6 at most. */
  number(bytes: number): number {
    const value = this.#bytes.readUIntLE(this.#offset, bytes);
    this.#offset += bytes;
    return value;
  }

  /** A number that says itself how long it is. */
  packedNumber(): number {
    const first = this.number(1);
    if (first < 0xfb) return first;
    if (first === 0xfc) return this.number(2);
    if (first === 0xfd) return this.number(3);
    if (first !== 0xfe) throw new RangeError('no number begins like this');
    const value = this.#bytes.readBigUInt64LE(this.#offset);
    this.#offset += 8;
    return Number(value);
  }

  skip(bytes: number): void {
    this.#offset += bytes;
    if (this.#offset > this.#bytes.length) throw new RangeError('the bytes end too early');
  }

  /** Passes over a text with its length in front. */
  skipText(): void {
    this.skip(this.packedNumber());
  }

  /** Passes over a text that ends with a zero. */
  skipZeroEnded(): void {
    const zero = this.#bytes.indexOf(0, this.#offset);
    if (zero === -1) throw new RangeError('the text has no end');
    this.#offset = zero + 1;
  }

  get offset(): number {
    return this.#offset;
  }

  /** All that is left, as text. */
  rest(): string {
    return this.#bytes.toString('utf8', this.#offset);
  }
}

import { ByteReader } from './byte-reader.ts';
import type { Agreement } from './handshake.ts';
import type { Packet } from './packet-splitter.ts';

/**
 * What the answer to a command consists of.
 *
 * - `none`: nothing.
 * - `single`: one packet.
 * - `result`: results, one or several; the client may be asked for a file in between.
 * - `prepare`: a statement's number, and what is known of its parameters and columns.
 * - `rows`: rows, or definitions, and their end.
 * - `login`: what both sides say until the client is let in.
 * - `endless`: whatever comes.
 */
export type AnswerShape = 'none' | 'single' | 'result' | 'prepare' | 'rows' | 'login' | 'endless';

/** Reads one packet. @returns how the next one is to be read; undefined where the answer is whole */
type Step = (packet: Packet) => Step | undefined;

const okHeader = 0x00;
const fileHeader = 0xfb;
const endHeader = 0xfe;
const errorHeader = 0xff;

const moreResults = 0x0008;
const cursorExists = 0x0040;

/** The number of an error that is none: MariaDB tells of its progress. */
const progress = 0xff_ff;

/** Reads along while the server answers one command, to know where its answer ends. */
export class Answer {
  /** The number of the error that it is, if it is one. */
  errno: number | undefined;
  /** Of a statement that was prepared. */
  statementId: number | undefined;
  /** The last packet asks for a file, which ends with an empty packet. */
  asksForFile = false;
  hasBegun = false;
  /** COM_CHANGE_USER is one as well. */
  readonly isLogin: boolean;
  readonly #agreement: Agreement;
  #step: Step | undefined;

  constructor(shape: AnswerShape, agreement: Agreement) {
    this.#agreement = agreement;
    this.isLogin = shape === 'login';
    const steps: Readonly<Record<AnswerShape, Step | undefined>> = {
      none: undefined,
      single: this.#unlessError(() => undefined),
      result: this.#result,
      prepare: this.#unlessError((packet) => this.#prepared(packet)),
      rows: this.#rows,
      login: this.#unlessError((packet) => (packet.payload[0] === okHeader ? undefined : steps.login)),
      endless: () => steps.endless,
    };
    this.#step = steps[shape];
  }

  /** Nothing of it is still to come. */
  get isWhole(): boolean {
    return this.#step === undefined;
  }

  /** @throws RangeError for a packet that cannot be read */
  read(packet: Packet): void {
    this.hasBegun = true;
    this.asksForFile = false;
    this.#step = this.#step?.(packet);
  }

  /** An ERR packet ends everything; one that only tells of progress is passed over. */
  #unlessError(step: Step): Step {
    const self: Step = (packet) => {
      if (packet.payload[0] !== errorHeader) return step(packet);
      const errno = packet.payload.readUInt16LE(1);
      if (errno === progress) return self;
      this.errno = errno;
      return undefined;
    };
    return self;
  }

  readonly #rows: Step = this.#unlessError((packet) => {
    if (!this.#isEnd(packet)) return this.#rows;
    return (this.#statusOfEnd(packet) & moreResults) === 0 ? undefined : this.#result;
  });

  readonly #result: Step = this.#unlessError((packet) => {
    const [first] = packet.payload;
    if (first === okHeader) return (statusOfOk(packet) & moreResults) === 0 ? undefined : this.#result;
    if (first === fileHeader) {
      this.asksForFile = true;
      return this.#result;
    }
    return this.#definitions(packet);
  });

  #definitions({ payload }: Packet): Step {
    const reader = new ByteReader(payload);
    const count = reader.packedNumber();
    const follow = !this.#agreement.optionalMetadata || reader.number(1) !== 0;
    if (this.#agreement.deprecateEof) return follow ? (skip(count, this.#rows) ?? this.#rows) : this.#rows;
    return this.#untilEnd((end) => ((this.#statusOfEnd(end) & cursorExists) === 0 ? this.#rows : undefined));
  }

  #prepared({ payload }: Packet): Step | undefined {
    const reader = new ByteReader(payload, 1);
    this.statementId = reader.number(4);
    const columns = reader.number(2);
    const parameters = reader.number(2);
    // MySQL says in another byte whether they follow; MariaDB has none, and they always do.
    if (this.#agreement.optionalMetadata && payload[12] === 0) return undefined;
    if (this.#agreement.deprecateEof) return skip(parameters + columns, undefined);
    const afterParameters = columns > 0 ? this.#untilEnd(() => undefined) : undefined;
    return parameters > 0 ? this.#untilEnd(() => afterParameters) : afterParameters;
  }

  #untilEnd(then: Step): Step {
    const self: Step = this.#unlessError((packet) => (this.#isEnd(packet) ? then(packet) : self));
    return self;
  }

  /** A row may begin with the same byte: then its first value is longer than a packet. */
  #isEnd({ payload, length }: Packet): boolean {
    return payload[0] === endHeader && length < (this.#agreement.deprecateEof ? 0xff_ff_ff : 9);
  }

  #statusOfEnd(packet: Packet): number {
    return this.#agreement.deprecateEof ? statusOfOk(packet) : packet.payload.readUInt16LE(3);
  }
}

/** Passes over so many packets. */
function skip(count: number, then: Step | undefined): Step | undefined {
  return count === 0 ? then : () => skip(count - 1, then);
}

function statusOfOk({ payload }: Packet): number {
  const reader = new ByteReader(payload, 1);
  reader.packedNumber(); // affected rows
  reader.packedNumber(); // last inserted id
  return reader.number(2);
}

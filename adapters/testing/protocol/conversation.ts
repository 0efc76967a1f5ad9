import { Answer, type AnswerShape } from './answer.ts';
import { type Command, readCommand, textOfQuery } from './command.ts';
import { type Abilities, type Agreement, readGreeting, readLogin } from './handshake.ts';
import { type Packet, PacketSplitter } from './packet-splitter.ts';

/** Why nobody can read along any more. */
export type Unreadable = 'encrypted' | 'compressed' | 'unknown';

/** An answer that the server has given and that the client never gets. */
export interface LostAnswer {
  /** The statement; undefined where the command had none, as a ping has none. */
  readonly sql: string | undefined;
  /** The number of the error, where the server has answered with one; undefined where it has done what it was asked for. */
  readonly errno: number | undefined;
}

/** Whether the answer to a command is to be withheld. @param sql reads its statement; undefined where it has none */
export type Wants = (sql: () => string | undefined) => boolean;

/** What becomes of a chunk of the server. */
export interface Reading {
  /** What may go on to the client. */
  readonly bytes: Buffer;
  /** What was withheld, when the server has said the last of it. */
  readonly lost: LostAnswer | undefined;
}

/** A command that the server owes an answer. */
interface Exchange {
  readonly answer: Answer;
  /** The text of what it prepares. */
  readonly prepares: string | undefined;
  /** Set where the answer is to be withheld. */
  readonly withheld: { readonly sql: string | undefined } | undefined;
}

const nothing: Buffer = Buffer.alloc(0);

/** Of a packet of the server no more is looked at than a greeting is long. */
const mostOfServer = 1_024;

/** Stands for the statement that was prepared last. Source: MariaDB, "COM_STMT_EXECUTE" */
const lastPrepared = 0xff_ff_ff_ff;

/**
 * Reads along on one connection: what is asked, with which statement, and where each answer begins and ends. Clients may ask further questions before the first one
 * is answered. It is handed bytes and hands out decisions; the network is somebody else's.
 */
export class Conversation {
  readonly #wants: Wants;
  readonly #client = new PacketSplitter(Number.POSITIVE_INFINITY);
  readonly #server = new PacketSplitter(mostOfServer);
  #unreadable: Unreadable | undefined;
  #abilities: Abilities | undefined;
  #agreement: Agreement | undefined;
  /** The oldest first. */
  readonly #exchanges: Exchange[] = [];
  readonly #statements = new Map<number, string>();
  #lastPrepared: string | undefined;
  #isSendingFile = false;
  /** Of the answer that is withheld, as much as has come of it. */
  #firstPacket: Buffer = nothing;
  #hasLost = false;

  constructor(wants: Wants) {
    this.#wants = wants;
  }

  get unreadable(): Unreadable | undefined {
    return this.#unreadable;
  }

  /** Takes what the client has sent. */
  sent(chunk: Buffer): void {
    // A server of this protocol speaks first.
    if (this.#abilities === undefined) this.#unreadable ??= 'unknown';
    this.#readAll(this.#client, chunk, (packet) => this.#readRequest(packet));
  }

  /** Takes what the server has sent. */
  answered(chunk: Buffer): Reading {
    let pass = this.#isWithholding ? 0 : chunk.length;
    let lost: LostAnswer | undefined;
    let fileRequest: Buffer | undefined;
    this.#readAll(this.#server, chunk, (packet) => {
      const [exchange] = this.#exchanges;
      const isFirst = exchange?.answer.hasBegun === false;
      this.#readReply(packet, exchange);
      if (exchange?.withheld === undefined || this.#hasLost) {
        if (this.#isWithholding) pass = Math.min(pass, packet.end);
      } else if (exchange.answer.isWhole) {
        lost = { sql: exchange.withheld.sql, errno: exchange.answer.errno };
        this.#hasLost = true;
      } else if (exchange.answer.asksForFile) {
        // A client that does not hear of it sends no file: this one packet has to pass, and nothing in front of it may be missing.
        if (!isFirst) throw new RangeError('a part of the answer is withheld already');
        fileRequest = this.#firstPacket;
        pass = packet.end;
      }
    });
    const bytes = chunk.subarray(0, pass);
    const isOpen = this.#exchanges[0]?.answer.hasBegun === false;
    this.#firstPacket =
      isOpen && this.#isWithholding ? Buffer.concat([this.#firstPacket, chunk.subarray(pass)]) : nothing;
    return { bytes: fileRequest === undefined ? bytes : Buffer.concat([fileRequest, bytes]), lost };
  }

  /** What comes next does not pass: it is withheld, or behind something that was. */
  get #isWithholding(): boolean {
    return this.#hasLost || this.#exchanges[0]?.withheld !== undefined;
  }

  #readAll(splitter: PacketSplitter, chunk: Buffer, read: (packet: Packet) => void): void {
    if (this.#unreadable !== undefined) return;
    try {
      for (const packet of splitter.split(chunk)) {
        read(packet);
        if (this.#unreadable !== undefined) return;
      }
    } catch (error) {
      // What cannot be read is another protocol, or a version of this one that nobody here has heard of.
      // (By its name: runners of tests have their own classes of errors, and Node.js throws others.)
      if ((error as Error).name !== 'RangeError') throw error;
      this.#unreadable = 'unknown';
    }
  }

  #readRequest(packet: Packet): void {
    if (this.#agreement === undefined) {
      if (this.#abilities !== undefined) this.#readLogin(packet, this.#abilities);
    } else if (this.#isSendingFile) this.#isSendingFile = packet.length > 0;
    // What has another number goes on with something: with the login, as a rule.
    else if (packet.sequenceId === 0) this.#readCommand(packet, this.#agreement);
  }

  #readLogin({ payload }: Packet, abilities: Abilities): void {
    const login = readLogin(payload, abilities);
    if (login === 'asks for TLS') this.#unreadable = 'encrypted';
    else if (login === 'is too old') this.#unreadable = 'unknown';
    else {
      this.#agreement = login;
      this.#expect('login', login);
    }
  }

  #readCommand({ payload }: Packet, agreement: Agreement): void {
    const command = readCommand(payload);
    if (command === undefined) {
      this.#unreadable = 'unknown';
      return;
    }
    const { kind, answer, body } = command;
    if (kind === 'close') this.#statements.delete(body.readUInt32LE(0));
    if (kind === 'forget') this.#statements.clear();
    const prepares = kind === 'prepare' ? body.toString() : undefined;
    if (prepares !== undefined) this.#lastPrepared = prepares;
    if (answer === 'none') return;
    const sql = () => this.#textOf(command, agreement);
    const isWanted = answer !== 'endless' && answer !== 'login' && this.#wants(sql);
    this.#expect(answer, agreement, prepares, isWanted ? { sql: sql() } : undefined);
  }

  #textOf({ kind, body }: Command, agreement: Agreement): string | undefined {
    if (kind === 'query') return textOfQuery(body, agreement);
    if (kind !== 'execute') return undefined;
    const id = body.readUInt32LE(0);
    return id === lastPrepared ? this.#lastPrepared : this.#statements.get(id);
  }

  #expect(shape: AnswerShape, agreement: Agreement, prepares?: string, withheld?: Exchange['withheld']): void {
    this.#exchanges.push({ answer: new Answer(shape, agreement), prepares, withheld });
  }

  #readReply(packet: Packet, exchange: Exchange | undefined): void {
    if (this.#abilities === undefined) {
      this.#readGreeting(packet);
      return;
    }
    if (exchange === undefined || isParting(packet, exchange)) return;
    const { answer, prepares } = exchange;
    answer.read(packet);
    if (answer.asksForFile) this.#isSendingFile = true;
    if (!answer.isWhole) return;
    if (prepares !== undefined && answer.statementId !== undefined) this.#statements.set(answer.statementId, prepares);
    if (answer.isLogin && this.#agreement?.isCompressed && answer.errno === undefined) this.#unreadable = 'compressed';
    this.#exchanges.shift();
  }

  #readGreeting({ payload }: Packet): void {
    // A server that is full says so in its place.
    if (payload[0] === 0xff) return;
    this.#abilities = readGreeting(payload);
    if (this.#abilities === undefined) this.#unreadable = 'unknown';
  }
}

/** A server that hangs up says why without being asked, and begins to count anew for that. */
function isParting({ sequenceId, payload }: Packet, { answer }: Exchange): boolean {
  return sequenceId === 0 && payload[0] === 0xff && !answer.hasBegun;
}

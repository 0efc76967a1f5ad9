/** Bytes in front of each packet: three of its length, one of its number. */
export const headerLength = 4;

/** What one packet has behind its header at most, in bytes; more is cut into several. */
export const longestPacket = 0xff_ff_ff;

/** A packet of the server, as mysql2 hands it to what reads it. */
export interface IncomingPacket {
  readonly sequenceId: number;
  readonly buffer: Buffer;
  /** Where its header begins. */
  readonly start: number;
  /** Where the next byte is read. */
  readonly offset: number;
  readonly end: number;
}

/** Why a connection is out of step with its server. */
export interface Fault {
  readonly code: 'PROTOCOL_PACKETS_OUT_OF_ORDER' | 'PROTOCOL_ERROR' | 'PROTOCOL_CONNECTION_LOST';
  readonly message: string;
}

function isErrPacket({ buffer, start }: IncomingPacket): boolean {
  return buffer[start + 4] === 0xff;
}

/** Packets of a handshake where nothing is asked twice: the greeting, what this side answers, and OK. */
export const usualHandshake = 3;

/**
 * Whether a server counts its packets on from command to command, and never anew, as mysql2's own `createServer()` does. Asked of the first packet that
 * answers the first command of a connection, and of no other: later on, the same number means that something was lost.
 *
 * @param expected the number that it should have
 * @param handshake how many packets went before the first command
 */
export function isCountedOn({ sequenceId }: IncomingPacket, expected: number, handshake: number): boolean {
  return sequenceId !== expected && sequenceId === (handshake + expected) % 256;
}

/**
 * What is wrong with a packet that is about to be read as an answer. With another number than the next one it belongs to something else,
 * which mysql2 only prints a warning about; and so does one that was there before its question was sent. An ERR packet may be either: a server
 * that hangs up says why with the number 0, and does not wait to be asked; and one that has not read all of a long request counts less than
 * this side. None can have counted beyond the first packet of an answer.
 *
 * @param expected undefined where nobody can know: see {@link mayCountAnew} and {@link isCountedOn}
 * @param wasThere whether all that was read from the server was read before the statement was sent; asked of a first packet only
 */
export function faultBeforeReading(
  packet: IncomingPacket,
  expected: number | undefined,
  wasThere: () => boolean,
): Fault | undefined {
  const { sequenceId } = packet;
  const inOrder = expected === undefined || sequenceId === expected;
  const mayBeFirst = expected === undefined || sequenceId === 1;
  if (inOrder && !(mayBeFirst && wasThere())) return undefined;
  const isBeyond = expected === 1 && sequenceId > expected;
  if (isErrPacket(packet) && !isBeyond) return undefined;
  return { code: 'PROTOCOL_PACKETS_OUT_OF_ORDER', message: 'The server sent packets out of order' };
}

/**
 * Whether the server may give the next packet any number. With compression it goes on from the number of its last compressed packet whenever it has
 * sent all it had, which it does between two results; and behind a request of several packets it has counted those of the compressed kind. A packet
 * that is just short enough to be one may need two of those: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_compression_packet.html
 *
 * @param at where mysql2 is: at the first packet of the whole answer, of a further result, behind a file, or elsewhere
 * @param requestPackets how many packets the request had, of the kind that it had more of
 */
export function mayCountAnew(at: 'first' | 'result' | 'file' | 'elsewhere', requestPackets: number): boolean {
  return at === 'file' || at === 'result' || (at === 'first' && requestPackets > 1);
}

/**
 * Whether an empty packet is one too many behind a request of so many bytes. It belongs behind one that fills its packets to the last byte; mysql2 counts the head of
 * a packet in, and sends it behind those that are up to three bytes shorter as well. Their server has answered before it reads that, with the number that is right, and
 * then ends the session.
 */
export function isSurplus(size: number): boolean {
  return size % longestPacket !== 0;
}

/** What a connection ends with behind the answer to such a request. */
export const endedBySurplus: Fault = {
  code: 'PROTOCOL_CONNECTION_LOST',
  message: 'mysql2 has sent an empty packet too many behind the last statement, at which the server ends the session',
};

/**
 * What is wrong after an answer was read, except an ERR packet: mysql2 does not look where a packet ends, and reads on in the next one; and it
 * goes on after a row that it could not read (a `typeCast` that throws, say), so that the next statement gets the rest of the rows.
 *
 * @param hasLostRow the statement has failed at one of its rows
 */
export function faultAfterReading(packet: IncomingPacket, hasLostRow: boolean): Fault | undefined {
  if (hasLostRow) return { code: 'PROTOCOL_ERROR', message: 'The rest of a result could not be read' };
  if (packet.offset <= packet.end || isErrPacket(packet)) return undefined;
  return { code: 'PROTOCOL_ERROR', message: 'The server sent a packet that ends too early' };
}

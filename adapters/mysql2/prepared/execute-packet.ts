import { headerLength } from '../driver/packets.ts';
import {
  isText,
  isUnsigned,
  lengthOf,
  lengthOfNumber,
  type ParameterHint,
  typeOf,
  writeNumber,
  writeParameter,
  writeZeros,
} from './parameter-bytes.ts';

/**
 * The packet that runs a prepared statement (COM_STMT_EXECUTE), for the parameters that come with an ORM's every call. mysql2 makes the same
 * bytes in several times the time, an object, a closure and some BigInts for each parameter. Pure.
 */

/** How the server reads the packet, as it was agreed upon in the handshake. */
export interface ExecuteLayout {
  /** CLIENT_QUERY_ATTRIBUTES: the parameters are counted, and each has a name. */
  readonly queryAttributes: boolean;
}

/** Command, statement id, flags, iteration count. */
const fixedLength = headerLength + 1 + 4 + 1 + 4;

/** From here on, a packet has to be sent in parts. */
const longestPacket = 0xff_ff_ff;

const executeCommand = 0x17;
const parameterCountAvailable = 8;

/**
 * Whether mysql2 sends text as UTF-8 to a connection of this charset: all collations of utf8mb4 that it knows.
 *
 * Source: MySQL and MariaDB, `information_schema.collations`
 */
export function isUtf8(charsetNumber: number): boolean {
  return (
    charsetNumber === 45 ||
    charsetNumber === 46 ||
    (charsetNumber >= 224 && charsetNumber <= 247) ||
    (charsetNumber >= 255 && charsetNumber <= 309)
  );
}

/**
 * The packet with these parameters, byte for byte as mysql2 makes it for a connection whose text is UTF-8, with room for its header.
 *
 * @returns undefined where that is better left to mysql2: parameters of other types, or out of range, and what does not fit one packet
 */
export function executePacket(
  statementId: number,
  parameters: readonly unknown[],
  hints: readonly ParameterHint[],
  { queryAttributes }: ExecuteLayout,
): Buffer | undefined {
  const count = parameters.length;
  const lengths = new Array<number>(count);
  const typeLength = queryAttributes ? 3 : 2;
  let length = fixedLength;
  if (queryAttributes) length += lengthOfNumber(count);
  if (count > 0) length += ((count + 7) >> 3) + 1 + count * typeLength;
  for (let index = 0; index < count; index += 1) {
    const bytes = lengthOf(parameters[index], hints[index]);
    if (bytes === undefined) return undefined;
    lengths[index] = bytes;
    length += isText(parameters[index]) ? lengthOfNumber(bytes) + bytes : bytes;
  }
  if (length - headerLength >= longestPacket) return undefined;

  const packet = Buffer.allocUnsafe(length);
  packet[headerLength] = executeCommand;
  packet.writeUInt32LE(statementId >>> 0, headerLength + 1);
  packet[headerLength + 5] = queryAttributes ? parameterCountAvailable : 0;
  packet.writeInt32LE(1, headerLength + 6);
  let offset = fixedLength;
  if (queryAttributes) offset = writeNumber(packet, count, offset);
  if (count === 0) return packet;

  const nulls = offset;
  const nullsLength = (count + 7) >> 3;
  writeZeros(packet, nulls, nullsLength);
  offset += nullsLength;
  packet[offset] = 1; // the types follow
  let types = offset + 1;
  offset = types + count * typeLength;
  for (let index = 0; index < count; index += 1) {
    const parameter = parameters[index];
    const hint = hints[index];
    if (parameter === null) packet[nulls + (index >> 3)] = (packet[nulls + (index >> 3)] ?? 0) | (1 << (index & 7));
    packet[types] = typeOf(parameter, hint);
    packet[types + 1] = isUnsigned(parameter, hint) ? 0x80 : 0;
    if (queryAttributes) packet[types + 2] = 0; // no name
    types += typeLength;
    offset = writeParameter(packet, parameter, lengths[index] ?? 0, offset);
  }
  return packet;
}

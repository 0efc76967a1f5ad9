import mysql from 'mysql2';

/** The bytes of one parameter of a prepared statement: how many, of which type, and the bytes themselves. Pure. */

/** What the server says of a parameter when it prepares a statement. */
export interface ParameterHint {
  readonly columnType: number;
  readonly flags: number;
}

interface Typed {
  readonly type: number;
  readonly value: unknown;
  readonly unsigned: boolean;
}

/** Source: MySQL, "Protocol basics", column types. */
const tiny = 1;
const short = 2;
const long = 3;
const float = 4;
const double = 5;
const null_ = 6;
const longLong = 8;
const newDecimal = 246;
const blob = 252;
const varString = 253;

/** UNSIGNED_FLAG of a column. */
const unsignedFlag = 32;

/** How many bytes the integers have. */
const integerBytes: ReadonlyMap<number, number> = new Map([
  [tiny, 1],
  [short, 2],
  [long, 4],
  [longLong, 8],
]);

/** mysql2 does not export the class, and a bundler may give it another name. */
function isTyped(parameter: object): parameter is Typed {
  prototype ??= Object.getPrototypeOf(mysql.TypedParameter.NULL()) as object;
  return Object.getPrototypeOf(parameter) === prototype;
}

let prototype: object | undefined;

/** Whether its length goes before it. */
export function isText(parameter: unknown): boolean {
  if (typeof parameter === 'string') return true;
  if (typeof parameter !== 'object' || parameter === null) return false;
  return isTyped(parameter) ? parameter.type === newDecimal : true;
}

/** In bytes, without the length of a text; undefined for what is not encoded here. */
export function lengthOf(parameter: unknown, hint: ParameterHint | undefined): number | undefined {
  switch (typeof parameter) {
    case 'string':
      return Buffer.byteLength(parameter);
    case 'boolean':
      return (hint && integerBytes.get(hint.columnType)) ?? 1;
    case 'number':
      // Where the server says that an integer belongs there, mysql2 makes it one, if it fits.
      return hint !== undefined && integerBytes.has(hint.columnType) ? undefined : 8;
    case 'object':
      if (parameter === null) return 0;
      if (isTyped(parameter)) return lengthOfTyped(parameter);
      return Buffer.isBuffer(parameter) ? parameter.length : undefined;
    default:
      return undefined;
  }
}

function lengthOfTyped({ type, value, unsigned }: Typed): number | undefined {
  switch (type) {
    case long: {
      const fits = typeof value === 'bigint' && BigInt[unsigned ? 'asUintN' : 'asIntN'](32, value) === value;
      return fits ? 4 : undefined;
    }
    case longLong: {
      const fits = typeof value === 'bigint' && BigInt[unsigned ? 'asUintN' : 'asIntN'](64, value) === value;
      return fits ? 8 : undefined;
    }
    case float:
      return typeof value === 'number' ? 4 : undefined;
    case double:
      return typeof value === 'number' ? 8 : undefined;
    case newDecimal:
      return typeof value === 'string' ? Buffer.byteLength(value) : undefined;
    default:
      return undefined;
  }
}

export function typeOf(parameter: unknown, hint: ParameterHint | undefined): number {
  switch (typeof parameter) {
    case 'string':
      return varString;
    case 'boolean':
      return hint !== undefined && integerBytes.has(hint.columnType) ? hint.columnType : tiny;
    case 'number':
      return double;
    default:
      if (parameter === null) return null_;
      return isTyped(parameter as object) ? (parameter as Typed).type : blob;
  }
}

export function isUnsigned(parameter: unknown, hint: ParameterHint | undefined): boolean {
  if (typeof parameter === 'boolean') {
    return hint !== undefined && integerBytes.has(hint.columnType) && (hint.flags & unsignedFlag) !== 0;
  }
  return typeof parameter === 'object' && parameter !== null && isTyped(parameter) && parameter.unsigned;
}

/** Writes a value of this many bytes; returns where it ends. */
export function writeParameter(packet: Buffer, parameter: unknown, length: number, offset: number): number {
  switch (typeof parameter) {
    case 'string':
      return writeText(packet, parameter, length, offset);
    case 'boolean':
      writeZeros(packet, offset, length);
      packet[offset] = parameter ? 1 : 0;
      return offset + length;
    case 'number':
      return packet.writeDoubleLE(parameter, offset);
    default:
      if (parameter === null) return offset;
      if (isTyped(parameter as object)) return writeTyped(packet, parameter as Typed, length, offset);
      return writeBytes(packet, parameter as Buffer, offset);
  }
}

function writeTyped(packet: Buffer, { type, value }: Typed, length: number, offset: number): number {
  switch (type) {
    case long:
      return packet.writeInt32LE(Number(value) | 0, offset);
    case longLong:
      return packet.writeBigUInt64LE(BigInt.asUintN(64, value as bigint), offset);
    case float:
      return packet.writeFloatLE(value as number, offset);
    case double:
      return packet.writeDoubleLE(value as number, offset);
    default:
      return writeText(packet, value as string, length, offset);
  }
}

/** `fill` takes longer than this for so few bytes. */
export function writeZeros(packet: Buffer, start: number, length: number): void {
  for (let index = start; index < start + length; index += 1) packet[index] = 0;
}

function writeText(packet: Buffer, text: string, length: number, offset: number): number {
  const start = writeNumber(packet, length, offset);
  packet.write(text, start, length);
  return start + length;
}

function writeBytes(packet: Buffer, bytes: Buffer, offset: number): number {
  const start = writeNumber(packet, bytes.length, offset);
  bytes.copy(packet, start);
  return start + bytes.length;
}

/** Of a number whose own length is in its first byte. */
export function lengthOfNumber(value: number): number {
  if (value < 0xfb) return 1;
  return value < 0xff_ff ? 3 : 4;
}

export function writeNumber(packet: Buffer, value: number, offset: number): number {
  switch (lengthOfNumber(value)) {
    case 1:
      return packet.writeUInt8(value, offset);
    case 3:
      packet[offset] = 0xfc;
      return packet.writeUInt16LE(value, offset + 1);
    default:
      packet[offset] = 0xfd;
      return packet.writeUIntLE(value, offset + 1, 3);
  }
}

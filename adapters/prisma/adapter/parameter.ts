import mysql, { type TypedParameterValue } from 'mysql2';
import { typedParameterMaker } from '../../mysql2/binding.ts';
import type { ArgType } from './prisma-interface.ts';

/** A value as mysql2's prepared statements take it. */
export type Parameter = string | number | boolean | Buffer | TypedParameterValue | null;

const { TypedParameter: typed, Types } = mysql;

/** Typed parameters came with this version of mysql2; without them a BigInt would reach the server as a string, and compute as a DOUBLE. */
export const oldestMysql2 = '3.24.0';

export function hasTypedParameters(): boolean {
  return typed !== undefined;
}

/**
 * A parameter of Prisma's as the server is to see it: integers as integers of 64 bits, decimals as decimals, so that they are compared and
 * computed with exactly; points in time as text in UTC, which no option of the pool can shift.
 */
export function toParameter(value: unknown, { scalarType, dbType }: ArgType): Parameter {
  switch (typeof value) {
    case 'string':
      return fromString(value, scalarType, dbType);
    case 'number':
      return fromNumber(value, scalarType, dbType);
    case 'boolean':
      return value;
    case 'bigint':
      return integer(value);
    case 'object':
      break;
    default:
      return String(value);
  }
  if (value === null) return null;
  // biome-ignore lint/style/noRestrictedGlobals: a value of the user's, no clock
  if (value instanceof Date) return dateTime(value.toISOString(), dbType);
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return JSON.stringify(value);
}

/** Of what types these parameters are, in a form to tell combinations apart by. */
export function typesOf(parameters: readonly Parameter[]): string {
  return parameters.map(typeOf).join();
}

function typeOf(parameter: Parameter): string {
  if (typeof parameter !== 'object' || parameter === null) return typeof parameter;
  return Buffer.isBuffer(parameter) ? 'bytes' : `${parameter.type}${parameter.unsigned ? 'u' : ''}`;
}

function fromString(value: string, scalarType: ArgType['scalarType'], dbType: string | null | undefined): Parameter {
  switch (scalarType) {
    case 'bigint':
      return isInteger.test(value) ? integer(BigInt(value)) : value;
    case 'int':
      return isInteger.test(value) ? fromNumber(Number(value), scalarType, dbType) : value;
    case 'decimal':
      return decimal(value);
    case 'datetime':
      return dateTime(value, dbType);
    case 'bytes':
      return Buffer.from(value, 'base64');
    default:
      return value;
  }
}

const isInteger = /^[+-]?\d+$/;

function fromNumber(value: number, scalarType: ArgType['scalarType'], dbType: string | null | undefined): Parameter {
  if (dbType === 'FLOAT') return typed.FLOAT(value);
  if (scalarType === 'bigint' && Number.isInteger(value)) return integer(BigInt(value));
  // Of an INT or a DOUBLE the server makes a number again in a raw query, of a BIGINT it would make a BigInt.
  return dbType !== 'DOUBLE' && value === (value | 0) ? int32(value) : typed.DOUBLE(value);
}

const largestUint64 = 2n ** 64n - 1n;

const makeTyped = hasTypedParameters() ? typedParameterMaker(typed.DOUBLE(0)) : undefined;

function int32(value: number): Parameter {
  return makeTyped === undefined ? typed.LONG(value) : makeTyped(Types.LONG, BigInt(value), false);
}

function integer(value: bigint): Parameter {
  if (BigInt.asIntN(64, value) === value) {
    return makeTyped === undefined ? typed.LONGLONG(value) : makeTyped(Types.LONGLONG, value, false);
  }
  if (value >= 0n && value <= largestUint64) return typed.LONGLONG.unsigned(value);
  // No integer type of the server holds it. As a decimal it is compared rightly, and refused where it does not fit.
  return decimal(String(value));
}

const isDecimal = /^[+-]?(\d+)(?:\.(\d+))?$/;

/** What does not fit a DECIMAL goes as text: the server says so, where it would cut a decimal off in silence. */
function decimal(value: string): Parameter {
  const [, whole = '', fraction = ''] = isDecimal.exec(value) ?? [];
  const fits = whole !== '' && fraction.length <= 30 && whole.length + fraction.length <= 65;
  return fits ? typed.NEWDECIMAL(value) : value;
}

const isoTime = /^([+-]?\d{4,6}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d{1,6})?(?:Z|[+-]00:?00)$/;

/** Digits beyond the milliseconds survive: they come from a row that was read before. */
function dateTime(value: string, dbType: string | null | undefined): string {
  let match = isoTime.exec(value);
  if (match === null) {
    // biome-ignore lint/style/noRestrictedGlobals: a value of the user's, no clock
    const instant = new Date(value);
    if (Number.isNaN(instant.getTime())) return value;
    match = isoTime.exec(instant.toISOString());
  }
  const [, date = '', time = '', fraction = ''] = match ?? [];
  const digits = /^\.0*$/.test(fraction) ? '' : fraction;
  switch (dbType) {
    case 'DATE':
      return date;
    case 'TIME':
      return `${time}${digits}`;
    default:
      return `${date} ${time}${digits}`;
  }
}

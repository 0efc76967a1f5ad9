import mysql from 'mysql2';
import type { ResultField } from '../../mysql2/binding.ts';
import { payloadError } from '../errors/adapter-error.ts';
import { type ColumnType, columnType, type SqlResultSet } from './prisma-interface.ts';

const { Types } = mysql;

/** Of a column whose bytes are bytes, not text. */
const binaryCharset = 63;
const unsignedFlag = 32;

type Convert = (value: string | number, column: string) => string | number;

interface ColumnKind {
  readonly type: ColumnType;
  /** Where Prisma expects another form than the driver gives. Not called for NULL. */
  readonly convert?: Convert;
}

const int32: ColumnKind = { type: columnType.int32 };
const int64: ColumnKind = { type: columnType.int64 };
const text: ColumnKind = { type: columnType.text };
const bytes: ColumnKind = { type: columnType.bytes };
const json: ColumnKind = { type: columnType.json, convert: toJson };
const date: ColumnKind = { type: columnType.date, convert: toDate };
const dateTime: ColumnKind = { type: columnType.dateTime, convert: toDateTime };

const kinds: ReadonlyMap<number, ColumnKind> = new Map([
  [Types.TINY, int32],
  [Types.SHORT, int32],
  [Types.INT24, int32],
  [Types.YEAR, int32],
  [Types.LONG, int32],
  [Types.NULL, int32],
  [Types.LONGLONG, int64],
  [Types.FLOAT, { type: columnType.float, convert: toFloat }],
  [Types.DOUBLE, { type: columnType.double }],
  [Types.DECIMAL, { type: columnType.numeric }],
  [Types.NEWDECIMAL, { type: columnType.numeric }],
  [Types.TIMESTAMP, dateTime],
  [Types.DATETIME, dateTime],
  [Types.DATE, date],
  [Types.NEWDATE, date],
  [Types.TIME, { type: columnType.time, convert: toTime }],
  [Types.JSON, json],
  [Types.BIT, bytes],
  [Types.ENUM, text],
  [Types.SET, text],
]);

const strings: ReadonlySet<number> = new Set([
  Types.VARCHAR,
  Types.VAR_STRING,
  Types.STRING,
  Types.BLOB,
  Types.TINY_BLOB,
  Types.MEDIUM_BLOB,
  Types.LONG_BLOB,
]);

function kindOf(field: ResultField): ColumnKind {
  const { columnType: type } = field;
  if (strings.has(type)) {
    // MariaDB's JSON is text that says so only beside its type.
    if (field.extendedFormat === 'json') return json;
    return field.characterSet === binaryCharset ? bytes : text;
  }
  if (type === Types.LONG && (field.flags & unsignedFlag) !== 0) return int64;
  const kind = kinds.get(type);
  if (kind === undefined) throw unsupported(type);
  return kind;
}

function unsupported(type: number): Error {
  const name = Object.entries(Types).find(([, number]) => number === type)?.[0] ?? String(type);
  return payloadError({
    kind: 'UnsupportedNativeDataType',
    type: name,
    originalCode: 'N/A',
    originalMessage: `A column of type ${name} has no counterpart in Prisma; convert it in the query, with ST_AsText() for example`,
  });
}

/**
 * A result in Prisma's terms. The rows are changed in place.
 *
 * @throws DriverAdapterError for a column of a type that Prisma has no counterpart of (GEOMETRY), and for a value that JavaScript has none of:
 *   a date with a month or day of zero, a time below zero or beyond a day
 */
export function toResultSet(rows: unknown[][], fields: readonly ResultField[]): SqlResultSet {
  const columnNames: string[] = new Array(fields.length);
  const columnTypes: ColumnType[] = new Array(fields.length);
  for (const [index, field] of fields.entries()) {
    const { type, convert } = kindOf(field);
    columnNames[index] = field.name;
    columnTypes[index] = type;
    if (convert !== undefined) convertColumn(rows, index, field.name, convert);
  }
  return { columnNames, columnTypes, rows };
}

function convertColumn(rows: unknown[][], index: number, name: string, convert: Convert): void {
  for (const row of rows) {
    const value = row[index];
    if (value !== null) row[index] = convert(value as string | number, name);
  }
}

/** The shortest decimal number that is this FLOAT, and not this FLOAT as a DOUBLE: 1.1 rather than 1.100000023841858. */
function toFloat(value: string | number): number {
  const float = Number(value);
  for (let digits = 6; digits < 9; digits += 1) {
    const shorter = Number(float.toPrecision(digits));
    if (Math.fround(shorter) === float) return shorter;
  }
  return float;
}

/** As text it is already, unless a version of mysql2 has other internals than those that `exactValues` relies on. */
function toJson(value: string | number): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function toDateTime(value: string | number, column: string): string {
  const [day, time] = [String(value).slice(0, 10), String(value).slice(11)];
  return `${toDate(day, column)}T${time}+00:00`;
}

function toDate(value: string | number, column: string): string {
  const day = String(value);
  if (day.slice(5, 7) === '00' || day.slice(8, 10) === '00') {
    throw outOfRange(`The column \`${column}\` contains a date whose month or day is zero`);
  }
  return day;
}

function toTime(value: string | number, column: string): string {
  const time = String(value);
  if (time.indexOf(':') !== 2 || time >= '24') {
    throw outOfRange(
      `The column \`${column}\` contains a TIME that is not a time of day: below zero, or 24 hours and more`,
    );
  }
  return time;
}

function outOfRange(cause: string): Error {
  return payloadError({ kind: 'ValueOutOfRange', cause, originalCode: 'N/A', originalMessage: cause });
}

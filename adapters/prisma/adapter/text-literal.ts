import mysql from 'mysql2';
import type { Parameter } from './parameter.ts';

/** Printable ASCII without quote and backslash: nothing in it means anything to anybody inside of quotes. */
const plainText = /^[\x20-\x26\x28-\x5b\x5d-\x7e]*$/;

/** Whether a text may be quoted as it is. */
export function isPlainText(value: string): boolean {
  return plainText.test(value);
}

/**
 * A parameter as SQL of the same type, exactly.
 *
 * A quoted text is to the server what a parameter is: in the connection's charset and collation. As hexadecimal digits it has the default
 * collation of utf8mb4, with as little weight: the collation of a column counts above it.
 *
 * @param quotes texts are plain, and may be quoted
 * @returns undefined for a number that SQL has no form of
 */
export function literalOf(parameter: Parameter, quotes: boolean): string | undefined {
  if (parameter === null) return 'NULL';
  switch (typeof parameter) {
    case 'string':
      return quotes && isPlainText(parameter) ? `'${parameter}'` : hexadecimal('utf8mb4', Buffer.from(parameter));
    case 'boolean':
      return parameter ? '1' : '0';
    case 'number':
      return double(parameter);
    case 'object':
      return Buffer.isBuffer(parameter) ? hexadecimal('binary', parameter) : typed(parameter);
  }
}

/** No quotes, so that it could not end a text that it stood in by mistake. */
function hexadecimal(charset: string, bytes: Buffer): string {
  return bytes.length === 0 ? `_${charset} X''` : `_${charset} 0x${bytes.toString('hex')}`;
}

const { Types } = mysql;

function typed({ type, value }: { readonly type: number; readonly value: unknown }): string | undefined {
  switch (type) {
    case Types.LONG:
    case Types.LONGLONG:
      return typeof value === 'bigint' ? signed(String(value), /^-?\d+$/) : undefined;
    case Types.FLOAT:
      // What the server makes of the four bytes that it would get.
      return typeof value === 'number' ? double(Math.fround(value)) : undefined;
    case Types.DOUBLE:
      return typeof value === 'number' ? double(value) : undefined;
    case Types.NEWDECIMAL:
      return typeof value === 'string' ? decimal(value) : undefined;
    default:
      return undefined;
  }
}

/** The exponent makes it a DOUBLE. JavaScript writes as many digits as it takes to tell it from all others. */
function double(value: number): string | undefined {
  const digits = Object.is(value, -0) ? '-0' : String(value);
  return signed(digits.includes('e') ? digits : `${digits}e0`, /^-?\d+(\.\d+)?e[+-]?\d+$/);
}

/** The point makes it a DECIMAL. */
function decimal(value: string): string | undefined {
  const digits = value.startsWith('+') ? value.slice(1) : value;
  return signed(digits.includes('.') ? digits : `${digits}.`, /^-?\d+\.\d*$/);
}

/** A sign is kept apart from what is before it. */
function signed(digits: string, form: RegExp): string | undefined {
  if (!form.test(digits)) return undefined;
  return digits.startsWith('-') ? `(${digits})` : digits;
}

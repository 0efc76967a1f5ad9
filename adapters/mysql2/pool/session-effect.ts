import { readStatementKind } from '../../../src/internal.ts';
import type { AccessMode, SessionChange } from './session-state.ts';

/** Executable comments (`/*!`) are code. */
const comment = String.raw`\/\*(?!M?!)[^*]*\*+(?:[^/*][^*]*\*+)*\/`;

const neutral = new RegExp(
  String.raw`^(?:[\s(]|${comment})*(?:select|with|table|values|insert|replace|update|delete|show|explain|desc|describe|savepoint|release|rollback\s+(?:work\s+)?to)\b`,
  'i',
);

/**
 * Whether an error in answer to this text leaves open what the session is in. It does not after one statement that could neither begin nor end a
 * transaction, nor change the session.
 */
export function couldChangeSession(sql: string | undefined, multipleStatements: boolean): boolean {
  if (sql === undefined) return true;
  return !readStatementKind(sql, { multipleStatements }).isAtomic || !neutral.test(sql);
}

const setOrUse = new RegExp(String.raw`^(?:\s|${comment})*(?:set|use)\b`, 'i');
const use = new RegExp(String.raw`(?:^|;)(?:\s|${comment})*use\b`, 'i');
const transactionMode = /\b(?:(session|local|@@session\s*\.|@@local\s*\.|@@)\s*)?transaction\s+([^;]*)/i;
const readOnlyVariable =
  /(?:\b(?:session|local)\s+|@@(?:session\s*\.\s*|local\s*\.\s*)?)?\b(?:tx|transaction)_read_only\s*:?=\s*([^\s,;]+)/i;

/** What a text that was answered without rows and without an error may have changed that no flag tells; undefined for most of them. */
export function readSessionChange(sql: string | undefined, multipleStatements: boolean): SessionChange | undefined {
  if (sql === undefined) return undefined;
  const mayBeSeveral = multipleStatements && sql.includes(';');
  if (!mayBeSeveral && !setOrUse.test(sql)) return undefined;
  const usesDatabase = use.test(sql);
  const accessMode = readAccessMode(sql);
  return usesDatabase || accessMode !== undefined ? { usesDatabase, accessMode } : undefined;
}

function readAccessMode(sql: string): AccessMode | undefined {
  if (!/\bset\b/i.test(sql) || /\bset\s+global\b|@@global\b/i.test(sql)) return undefined;
  const variable = readOnlyVariable.exec(sql);
  if (variable !== null) {
    return /^(?:0|off|false|'off'|default)$/i.test(variable[1] ?? '') ? 'read-write' : 'read-only';
  }
  const statement = transactionMode.exec(sql);
  if (statement === null) return undefined;
  const [, scope, characteristics = ''] = statement;
  if (/\bread\s+write\b/i.test(characteristics)) return 'read-write';
  if (!/\bread\s+only\b/i.test(characteristics)) return undefined;
  return scope === undefined ? 'next-read-only' : 'read-only';
}

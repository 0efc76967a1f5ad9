import { readBeginning, readStatementKind } from './statement-kind.ts';
import { tokensFrom } from './statement-text.ts';

const changesRows: ReadonlySet<string> = new Set(['INSERT', 'REPLACE', 'UPDATE', 'DELETE', 'TRUNCATE']);

const changesDefinitions: ReadonlySet<string> = new Set(['CREATE', 'ALTER', 'DROP', 'RENAME']);

/** What stands behind those verbs where the thing is no TEMPORARY one, as far as the text says. */
const lasting: ReadonlySet<string> = new Set([
  ...['TABLE', 'TABLES', 'INDEX', 'UNIQUE', 'FULLTEXT', 'SPATIAL', 'VIEW', 'DATABASE', 'SCHEMA'],
  ...['PROCEDURE', 'FUNCTION', 'TRIGGER', 'EVENT'],
]);

/**
 * Whether a statement certainly begins with a write, and cannot be sent again once it has failed, for an error does not say that nothing of it was done: DDL,
 * LOAD DATA, several statements in one text. A server that is read-only refuses each of them, unless the table happens to be a TEMPORARY one.
 *
 * False in doubt, and for CALL, EXECUTE and blocks: their text does not say what they do.
 */
export function isUnrepeatableWrite(sql: string): boolean {
  if (readStatementKind(sql, { multipleStatements: true }).isAtomic) return false;
  const beginning = readBeginning(sql);
  if (beginning === undefined) return false;
  const { text: verb, end } = beginning;
  if (changesRows.has(verb)) return true;
  const words = firstWords(sql, end);
  const [first = ''] = words;
  if (verb === 'LOAD') return first === 'DATA' || first === 'XML';
  if (!changesDefinitions.has(verb)) return false;
  const isReplaced = first === 'OR' && words[1] === 'REPLACE';
  return lasting.has((isReplaced ? words[2] : first) ?? '');
}

/** Three at most: `OR REPLACE TABLE`. */
function firstWords(sql: string, from: number): readonly string[] {
  const words: string[] = [];
  for (const { kind, text } of tokensFrom(sql, from)) {
    if (kind !== 'word' || words.length === 3) break;
    words.push(text);
  }
  return words;
}

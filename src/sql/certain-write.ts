import { readBeginning } from './statement-kind.ts';
import { tokensFrom } from './statement-text.ts';

const changesRows: ReadonlySet<string> = new Set(['INSERT', 'REPLACE', 'UPDATE', 'DELETE', 'TRUNCATE']);

const changesDefinitions: ReadonlySet<string> = new Set(['CREATE', 'ALTER', 'DROP', 'RENAME']);

/** What stands behind those verbs where the thing is no TEMPORARY one, as far as the text says. */
const lasting: ReadonlySet<string> = new Set([
  ...['TABLE', 'TABLES', 'INDEX', 'UNIQUE', 'FULLTEXT', 'SPATIAL', 'VIEW', 'DATABASE', 'SCHEMA'],
  ...['PROCEDURE', 'FUNCTION', 'TRIGGER', 'EVENT'],
]);

/**
 * Whether a statement certainly begins with a write that a server refuses which is read-only: to rows, to definitions, LOAD DATA. It does not where the table happens to be a
 * TEMPORARY one, which a statement on its own meets by luck.
 *
 * False in doubt, and for CALL, EXECUTE and blocks: their text does not say what they do.
 */
export function isCertainWrite(sql: string): boolean {
  const beginning = readBeginning(sql);
  if (beginning === undefined) return false;
  const { text: verb, end } = beginning;
  if (changesRows.has(verb)) return true;
  if (verb !== 'LOAD' && !changesDefinitions.has(verb)) return false;
  const words = firstWords(sql, end);
  const [first = ''] = words;
  if (verb === 'LOAD') return first === 'DATA' || first === 'XML';
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

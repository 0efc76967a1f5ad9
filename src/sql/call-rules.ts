import { isPureFunction } from './family-functions.ts';
import { type FunctionName, formatFunctionName } from './function-names.ts';
import { NEVER_A_CALL } from './pure-functions.ts';
import { callOf, type ReadHazard, spacedCall } from './read-hazard.ts';
import type { ServerVersion } from './server-version.ts';
import { isName, isSymbol, type Token, wordAt } from './sql-lexer.ts';

/** What is known where a statement ran. */
export interface ReadContext {
  /** FOR UPDATE, FOR SHARE and LOCK IN SHARE MODE do no harm. */
  readonly mayLock: boolean;
  readonly server: ServerVersion | undefined;
  /** In the form of {@link formatFunctionName}. */
  readonly safeFunctions: readonly string[];
}

/** A statement under one sql_mode. */
export interface Reading extends ReadContext {
  readonly sql: string;
  readonly tokens: readonly Token[];
  /** The `safeFunctions`. */
  readonly promised: ReadonlySet<string>;
}

/** Neither family takes a bare subquery for an argument list: `f(SELECT 1)` is a syntax error, `f((SELECT 1))` is a call. */
const SUBQUERY_VERBS: ReadonlySet<string> = new Set(['SELECT', 'WITH']);

/** What the parenthesis at this index calls, unless that is nothing, or known to be harmless. */
export function findHazardousCall(reading: Reading, index: number): ReadHazard | undefined {
  if (callsNothingElse(reading, index)) return undefined;
  const { tokens, server } = reading;
  const [word, at] = [wordAt(tokens, index - 1), tokens[index]?.start ?? 0];
  if (isPureFunction(word, server) && !isSymbol(tokens[index - 2], '.')) return spacedCall(at, word);
  return callOf(at, calledBefore(reading, index));
}

function callsNothingElse(reading: Reading, index: number): boolean {
  const { tokens, server } = reading;
  const name = tokens[index - 1];
  if (name === undefined) return true;
  if (name.kind === 'symbol') return name.text !== '.' && name.text !== ')';
  if (!isName(name)) return false;
  if (isPromisedCall(reading, index)) return true;

  const word = wordAt(tokens, index - 1);
  const before = tokens[index - 2];
  // schema.function(...) is never a built-in.
  if (isSymbol(before, '.')) return false;
  if (SUBQUERY_VERBS.has(wordAt(tokens, index + 1))) return true;
  if (NEVER_A_CALL.has(word) || isPureCall(reading, index)) return true;
  // CAST(x AS type(n)) and a derived table's columns, AS d (a, b): no expression begins after AS.
  if (wordAt(tokens, index - 2) === 'AS') return true;
  // MATCH(...) AGAINST (...) and '$[*]' COLUMNS (...): no operand follows another.
  if (word === 'AGAINST') return isSymbol(before, ')');
  if (word === 'COLUMNS') return before?.kind === 'quoted';
  // x MEMBER OF (y): in MySQL 8.0 OF is reserved; MariaDB calls a stored function of that name.
  if (word === 'OF') return server?.family === 'mysql' && wordAt(tokens, index - 2) === 'MEMBER';
  return isCteColumnList(tokens, index);
}

/** A call that the user has promised to be harmless, written as in the promise. */
function isPromisedCall(reading: Reading, parenthesis: number): boolean {
  if (reading.promised.size === 0) return false;
  const name = calledBefore(reading, parenthesis);
  return name !== undefined && reading.promised.has(formatFunctionName(name));
}

/** With a space before the parenthesis, COUNT and its like are ordinary names and may be stored functions. */
export function isPureCall({ tokens, server }: Reading, parenthesis: number): boolean {
  const word = wordAt(tokens, parenthesis - 1);
  const adjacent = tokens[parenthesis - 1]?.end === tokens[parenthesis]?.start;
  return isSymbol(tokens[parenthesis], '(') && adjacent && (isPureFunction(word, server) || word === 'JSON_TABLE');
}

/** Undefined where it cannot be told from a text in quotes, or has more than two parts. */
function calledBefore({ sql, tokens }: Reading, parenthesis: number): FunctionName | undefined {
  const name = writtenName(sql, tokens[parenthesis - 1]);
  if (name === undefined) return undefined;
  if (!isSymbol(tokens[parenthesis - 2], '.')) return { schema: undefined, name };
  const schema = writtenName(sql, tokens[parenthesis - 3]);
  if (schema === undefined || isSymbol(tokens[parenthesis - 4], '.')) return undefined;
  return { schema, name };
}

/** The longest name that a server takes, in characters. */
const longestName = 64;

function writtenName(sql: string, token: Token | undefined): string | undefined {
  if (token === undefined || token.end - token.start > 2 * longestName + 2) return undefined;
  const text = sql.slice(token.start, token.end);
  const isQuoted = token.kind === 'quoted' && text.startsWith('`');
  if (token.kind !== 'word' && !isQuoted) return undefined;
  const name = isQuoted ? text.slice(1, -1).replaceAll('``', '`') : text;
  return name.length <= longestName ? name : undefined;
}

/** `WITH name (a, b) AS (`: names only, so this looks no further than the next parenthesis. */
function isCteColumnList(tokens: readonly Token[], index: number): boolean {
  const before = tokens[index - 2];
  if (!['WITH', 'RECURSIVE'].includes(wordAt(tokens, index - 2)) && !isSymbol(before, ',')) return false;
  let at = index + 1;
  while (isName(tokens[at]) && isSymbol(tokens[at + 1], ',')) at += 2;
  return (
    isName(tokens[at]) &&
    isSymbol(tokens[at + 1], ')') &&
    wordAt(tokens, at + 2) === 'AS' &&
    isSymbol(tokens[at + 3], '(')
  );
}

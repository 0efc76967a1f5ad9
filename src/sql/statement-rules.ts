import { NEVER_A_CALL, PURE_FUNCTIONS } from './pure-functions.ts';
import type { Token } from './sql-lexer.ts';

/** Words that a safe read never has; INSERT(...) and REPLACE(...) are functions. FOR is judged apart. */
const FORBIDDEN_WORDS: ReadonlySet<string> = new Set([
  // SELECT ... INTO, LOCK IN SHARE MODE, PROCEDURE ANALYSE(), WITH ... UPDATE.
  ...['INTO', 'LOCK', 'PROCEDURE', 'DELETE', 'INSERT', 'REPLACE', 'UPDATE'],
  // Prepares the answer of a later FOUND_ROWS().
  'SQL_CALC_FOUND_ROWS',
  // The session's, and functions without parentheses.
  ...['CURRENT_ROLE', 'CURRENT_USER', 'SESSION_USER', 'SYSTEM_USER'],
]);

/** After a dot or a percent sign: MariaDB's Oracle mode reads `s.NEXTVAL`, `s.CURRVAL` and `SQL%ROWCOUNT`, quoted names as well. */
const FORBIDDEN_MEMBERS: ReadonlySet<string> = new Set(['NEXTVAL', 'CURRVAL', 'ROWCOUNT']);

/** Their tables tell of sessions, the asking one included: SESSION_VARIABLES, PROFILING, threads. */
const SYSTEM_SCHEMAS: ReadonlySet<string> = new Set(['INFORMATION_SCHEMA', 'PERFORMANCE_SCHEMA', 'SYS']);

/** What FOR may begin: columns of JSON_TABLE, time travel, index hints. Not UPDATE, SHARE, CONNECTION or whatever comes next. */
const AFTER_FOR: ReadonlySet<string> = new Set(['ORDINALITY', 'SYSTEM_TIME', 'JOIN', 'ORDER', 'GROUP']);

/** Neither family takes a bare subquery for an argument list: `f(SELECT 1)` is a syntax error, `f((SELECT 1))` is a call. */
const SUBQUERY_VERBS: ReadonlySet<string> = new Set(['SELECT', 'WITH']);

/**
 * Judges one token by its neighbours; a statement is safe if all its tokens are.
 *
 * @param mayLock FOR UPDATE, FOR SHARE and LOCK IN SHARE MODE do no harm
 */
export function isSafeToken(tokens: readonly Token[], index: number, mayLock: boolean): boolean {
  const token = tokens[index];
  if (token === undefined || isSymbol(token, ';')) return false;
  if (isSymbol(token, '(')) return callsNothingElse(tokens, index);
  return isName(token) ? isSafeName(tokens, index, token) && isSafeWord(tokens, index, mayLock) : true;
}

function isSafeName(tokens: readonly Token[], index: number, { text }: Token): boolean {
  if (SYSTEM_SCHEMAS.has(text) && isSymbol(tokens[index + 1], '.')) return false;
  const isMember = isSymbol(tokens[index - 1], '.') || isSymbol(tokens[index - 1], '%');
  return !(isMember && FORBIDDEN_MEMBERS.has(text));
}

function isSafeWord(tokens: readonly Token[], index: number, mayLock: boolean): boolean {
  const word = wordAt(tokens, index);
  if (mayLock && isOfLockingClause(tokens, index)) return true;
  if (word === 'FOR') return isSafeFor(tokens, index);
  return !FORBIDDEN_WORDS.has(word) || isPureCall(tokens, index + 1);
}

/** NEXT VALUE FOR s: the sequence may be named like any of the words that are fine elsewhere. A number is SUBSTRING(x FROM 1 FOR 2). */
function isSafeFor(tokens: readonly Token[], index: number): boolean {
  if (wordAt(tokens, index - 1) === 'VALUE') return false;
  return tokens[index + 1]?.kind === 'number' || AFTER_FOR.has(wordAt(tokens, index + 1));
}

/** The words of a locking clause that would be forbidden elsewhere. What may follow (OF, NOWAIT, SKIP LOCKED, WAIT) is allowed everywhere. */
function isOfLockingClause(tokens: readonly Token[], index: number): boolean {
  const word = wordAt(tokens, index);
  if (word === 'LOCK') return ['IN', 'SHARE', 'MODE'].every((next, at) => wordAt(tokens, index + 1 + at) === next);
  const begin = word === 'FOR' ? index : index - 1;
  // NEXT VALUE FOR share: the sequence may have that name.
  if (wordAt(tokens, begin) !== 'FOR' || wordAt(tokens, begin - 1) === 'VALUE') return false;
  return ['UPDATE', 'SHARE'].includes(wordAt(tokens, begin + 1));
}

/** Is the parenthesis at this index one that calls no function, or only a pure one? */
function callsNothingElse(tokens: readonly Token[], index: number): boolean {
  const name = tokens[index - 1];
  if (name === undefined) return true;
  if (name.kind === 'symbol') return name.text !== '.' && name.text !== ')';
  if (!isName(name)) return false;

  const word = wordAt(tokens, index - 1);
  const before = tokens[index - 2];
  // schema.function(...) is never a built-in.
  if (isSymbol(before, '.')) return false;
  if (SUBQUERY_VERBS.has(wordAt(tokens, index + 1))) return true;
  if (NEVER_A_CALL.has(word) || isPureCall(tokens, index)) return true;
  // CAST(x AS type(n)) and a derived table's columns, AS d (a, b): no expression begins after AS.
  if (wordAt(tokens, index - 2) === 'AS') return true;
  // MATCH(...) AGAINST (...) and '$[*]' COLUMNS (...): no operand follows another.
  if (word === 'AGAINST') return isSymbol(before, ')');
  if (word === 'COLUMNS') return before?.kind === 'quoted';
  return isCteColumnList(tokens, index);
}

/** With a space before the parenthesis, COUNT and its like are ordinary names and may be stored functions. */
function isPureCall(tokens: readonly Token[], parenthesis: number): boolean {
  const word = wordAt(tokens, parenthesis - 1);
  const adjacent = tokens[parenthesis - 1]?.end === tokens[parenthesis]?.start;
  return isSymbol(tokens[parenthesis], '(') && adjacent && (PURE_FUNCTIONS.has(word) || word === 'JSON_TABLE');
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

/**
 * Are parentheses balanced, and has every JSON_TABLE its COLUMNS? Without them it would be a call of a stored function, which MariaDB allows
 * to have that name.
 */
export function parenthesesMatch(tokens: readonly Token[]): boolean {
  /** One entry per open parenthesis: true while it is JSON_TABLE's and COLUMNS has not come. */
  const open: boolean[] = [];
  for (const [index, token] of tokens.entries()) {
    if (isSymbol(token, '(')) {
      if (wordAt(tokens, index - 1) === 'COLUMNS' && open.length > 0) open[open.length - 1] = false;
      open.push(wordAt(tokens, index - 1) === 'JSON_TABLE');
    } else if (isSymbol(token, ')') && open.pop() !== false) return false;
  }
  return open.length === 0;
}

/** The unquoted word at an index, in upper case; '' when there is none. */
export function wordAt(tokens: readonly Token[], index: number): string {
  const token = tokens[index];
  return token?.kind === 'word' ? token.text : '';
}

export function isSymbol(token: Token | undefined, text: string): boolean {
  return token?.kind === 'symbol' && token.text === text;
}

/** A name as far as anyone can tell: a string looks the same as a quoted name. */
function isName(token: Token | undefined): token is Token {
  return token?.kind === 'word' || token?.kind === 'quoted';
}

import { findHazardousCall, isPureCall, type Reading } from './call-rules.ts';
import { clause, earlierState, type ReadHazard, unknownVariable } from './read-hazard.ts';
import { isName, isSymbol, type Token, wordAt } from './sql-lexer.ts';
import { changesWhenRead, isLeftByEarlierStatement, tellsOfEarlierStatements } from './system-state.ts';

/** Words that a safe read never has; INSERT(...) and REPLACE(...) are functions. FOR is judged apart. */
const FORBIDDEN_WORDS: ReadonlySet<string> = new Set([
  // SELECT ... INTO, LOCK IN SHARE MODE, PROCEDURE ANALYSE(), WITH ... UPDATE.
  ...['INTO', 'LOCK', 'PROCEDURE', 'DELETE', 'INSERT', 'REPLACE', 'UPDATE'],
  // Prepares the answer of a later FOUND_ROWS().
  'SQL_CALC_FOUND_ROWS',
  // What SET ROLE has changed, and a function without parentheses.
  'CURRENT_ROLE',
]);

/** After a dot or a percent sign: MariaDB's Oracle mode reads `s.NEXTVAL`, `s.CURRVAL` and `SQL%ROWCOUNT`, quoted names as well. */
const FORBIDDEN_MEMBERS: ReadonlySet<string> = new Set(['NEXTVAL', 'CURRVAL', 'ROWCOUNT']);

/** What FOR may begin: columns of JSON_TABLE, time travel, index hints. Not UPDATE, SHARE, CONNECTION or whatever comes next. */
const AFTER_FOR: ReadonlySet<string> = new Set(['ORDINALITY', 'SYSTEM_TIME', 'JOIN', 'ORDER', 'GROUP']);

/** Judges one token by its neighbours; a statement is safe if none of its tokens is a hazard. */
export function findHazardAt(reading: Reading, index: number): ReadHazard | undefined {
  const { tokens } = reading;
  const token = tokens[index];
  if (token === undefined) return undefined;
  const { start, text } = token;
  if (isSymbol(token, ';')) return { at: start, why: 'it is more than one statement' };
  if (isSymbol(token, '(')) return findHazardousCall(reading, index);
  if (token.kind === 'variable') {
    // `@@session . x` is one variable as well.
    if (isSymbol(tokens[index + 1], '.')) return unknownVariable(start);
    return isLeftByEarlierStatement(text) ? earlierState(start, text) : undefined;
  }
  return isName(token) ? (findHazardInName(reading, index, token) ?? findHazardInWord(reading, index)) : undefined;
}

function findHazardInName({ sql, tokens }: Reading, index: number, token: Token): ReadHazard | undefined {
  const { start, text } = token;
  const isText = sql.charAt(start) === "'";
  if (changesWhenRead(text) && !isText) return { at: start, why: `it reads ${text}, which sets it back` };
  const isMember = isSymbol(tokens[index - 1], '.');
  if (isMember && tellsOfEarlierStatements(tokens[index - 2]?.text ?? '', text)) return earlierState(start, text);
  const isForbidden = (isMember || isSymbol(tokens[index - 1], '%')) && FORBIDDEN_MEMBERS.has(text);
  return isForbidden ? clause(start, text) : undefined;
}

function findHazardInWord(reading: Reading, index: number): ReadHazard | undefined {
  const { tokens, mayLock } = reading;
  const word = wordAt(tokens, index);
  const at = tokens[index]?.start ?? 0;
  const locks = isOfLockingClause(tokens, index);
  if (mayLock && locks) return undefined;
  if (word === 'FOR' && locks) return clause(at, `FOR ${wordAt(tokens, index + 1)}`);
  if (word === 'FOR') return isSafeFor(tokens, index) ? undefined : clause(at, 'FOR');
  return !FORBIDDEN_WORDS.has(word) || isPureCall(reading, index + 1) ? undefined : clause(at, word);
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

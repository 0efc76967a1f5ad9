import { isSymbol, type LexicalMode, modesFor, type Token, wordAt } from './sql-lexer.ts';
import { tokensFrom } from './statement-text.ts';

/** The part of a SET that may do more than to set variables of the session. In doubt it does: these may stand in a string or in another name. */
const MAY_DO_MORE = /autocommit|password|role|resource|global|persist/i;

const SCOPES: ReadonlySet<string> = new Set(['SESSION', 'LOCAL', 'GLOBAL', 'PERSIST', 'PERSIST_ONLY']);
const OTHER_SCOPES: ReadonlySet<string> = new Set(['GLOBAL', 'PERSIST', 'PERSIST_ONLY']);

/**
 * Does this SET leave the transaction alone? `SET autocommit = 1` commits, and so do the forms that change accounts.
 * Source: "Statements That Cause an Implicit Commit" in the manuals of MySQL and MariaDB.
 */
export function isPlainSet(sql: string): boolean {
  return !MAY_DO_MORE.test(sql);
}

/**
 * What this SET changes for its session alone: autocommit, or how its transactions are. Read in the usual mode: what autocommit would do besides, {@link isPlainSet}
 * says in any mode.
 *
 * @param from behind SET
 */
export function subjectOfSet(sql: string, from: number): 'autocommit' | 'transaction' | 'other' {
  // The common SET is not read any further.
  if (!/autocommit|transaction/i.test(sql)) return 'other';
  const tokens = [...tokensFrom(sql, from)];
  const scoped = wordAt(tokens, 0) === 'SESSION' || wordAt(tokens, 0) === 'LOCAL' ? 1 : 0;
  if (wordAt(tokens, scoped) === 'TRANSACTION') return 'transaction';

  let [depth, scope] = [0, 'SESSION'];
  for (const [index, token] of tokens.entries()) {
    if (isSymbol(token, '(')) depth += 1;
    else if (isSymbol(token, ')')) depth -= 1;
    if (depth > 0 || (index > 0 && !isSymbol(token, ','))) continue;
    const assignment = readTarget(tokens, index === 0 ? 0 : index + 1, scope);
    scope = assignment.usualScope;
    if (assignment.name === 'AUTOCOMMIT' && !OTHER_SCOPES.has(assignment.scope)) return 'autocommit';
  }
  return 'other';
}

/** What one assignment of SET is to. */
interface Target {
  /** '' for a variable of the user's. */
  readonly name: string;
  readonly scope: string;
  /** The scope stands with this very variable. */
  readonly hasScope: boolean;
  /** It stands behind `@@`. */
  readonly isSystem: boolean;
  /** The scope of those behind that name none. */
  readonly usualScope: string;
  /** Behind the name. */
  readonly end: number;
}

/** A scope in front holds for those behind as well, one behind `@@` only for its own. Source: MySQL manual, "SET Syntax for Variable Assignment". */
export function readTarget(tokens: readonly Token[], start: number, before: string): Target {
  const own = scopeAt(tokens, start);
  const usualScope = own ?? before;
  let at = own === undefined ? start : start + 1;
  if (!isSymbol(tokens[at], '@')) {
    const hasScope = own !== undefined;
    return { name: tokens[at]?.text ?? '', scope: usualScope, hasScope, isSystem: false, usualScope, end: at + 1 };
  }
  // One @ is a variable of the user's, whatever its name.
  if (!isSymbol(tokens[at + 1], '@')) {
    return { name: '', scope: usualScope, hasScope: false, isSystem: false, usualScope, end: at };
  }
  at += 2;
  const named = isSymbol(tokens[at + 1], '.') ? scopeAt(tokens, at) : undefined;
  if (named !== undefined) at += 2;
  const [name, scope] = [tokens[at]?.text ?? '', named ?? 'SESSION'];
  return { name, scope, hasScope: named !== undefined, isSystem: true, usualScope, end: at + 1 };
}

/** The word SESSION, GLOBAL or the like at this place. */
export function scopeAt(tokens: readonly Token[], index: number): string | undefined {
  const word = wordAt(tokens, index);
  return SCOPES.has(word) ? word : undefined;
}

/** What is set there is not for the session itself. */
export function isOtherScope(scope: string): boolean {
  return OTHER_SCOPES.has(scope);
}

/**
 * Where the statement begins that MariaDB's `SET STATEMENT variable = value, ... FOR statement` runs; undefined where that depends on the mode.
 *
 * @param from behind STATEMENT
 */
export function findInnerStatement(sql: string, from: number): number | undefined {
  const [first, ...others] = modesFor(sql).map((mode) => findFor(sql, from, mode));
  return others.every((other) => other === first) ? first : undefined;
}

function findFor(sql: string, from: number, mode: LexicalMode): number | undefined {
  let depth = 0;
  let before: Token | undefined;
  for (const token of tokensFrom(sql, from, mode)) {
    if (isSymbol(token, '(')) depth += 1;
    else if (isSymbol(token, ')')) depth -= 1;
    if (depth === 0 && isForOfStatement(token, before)) return token.end;
    before = token;
  }
  return undefined;
}

/** @for is a variable, and a.for a column. */
export function isForOfStatement({ kind, text }: Token, before: Token | undefined): boolean {
  return kind === 'word' && text === 'FOR' && !isSymbol(before, '@') && !isSymbol(before, '.');
}

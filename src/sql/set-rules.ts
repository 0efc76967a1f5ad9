import { type LexicalMode, modesFor, type Token } from './sql-lexer.ts';
import { isSymbol, wordAt } from './statement-rules.ts';
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

/** A scope in front holds for those behind as well, one behind `@@` only for its own. Source: MySQL manual, "SET Syntax for Variable Assignment". */
function readTarget(tokens: readonly Token[], start: number, before: string) {
  let [at, usualScope] = [start, before];
  if (SCOPES.has(wordAt(tokens, at))) usualScope = wordAt(tokens, at++);
  let scope = usualScope;
  if (isSymbol(tokens[at], '@')) {
    // One @ is a variable of the user's, whatever its name.
    if (!isSymbol(tokens[at + 1], '@')) return { name: '', scope, usualScope };
    at += 2;
    scope = 'SESSION';
    if (SCOPES.has(wordAt(tokens, at)) && isSymbol(tokens[at + 1], '.')) {
      scope = wordAt(tokens, at);
      at += 2;
    }
  }
  return { name: tokens[at]?.text ?? '', scope, usualScope };
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
  let before = '';
  for (const token of tokensFrom(sql, from, mode)) {
    if (isSymbol(token, '(')) depth += 1;
    else if (isSymbol(token, ')')) depth -= 1;
    // @for is a variable, and a.for a column.
    const isFor = token.kind === 'word' && token.text === 'FOR' && before !== '@' && before !== '.';
    if (isFor && depth === 0) return token.end;
    before = token.kind === 'symbol' ? token.text : '';
  }
  return undefined;
}

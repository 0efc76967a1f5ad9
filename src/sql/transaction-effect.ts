/**
 * Statements that neither end a transaction nor commit one implicitly.
 *
 * Source: "Statements That Cause an Implicit Commit" in the manuals of MySQL and MariaDB. SET is left out because
 * `SET autocommit = 1` commits, CALL because a procedure may.
 */
const neutralStatements: ReadonlySet<string> = new Set([
  'select',
  'with',
  'table',
  'values',
  'insert',
  'replace',
  'update',
  'delete',
  'show',
  'explain',
  'describe',
  'desc',
  'savepoint',
  'release',
  'rollback',
]);

/** Statements that the server applies as a whole or not at all. Left out: what runs other statements, and DDL on several objects. */
const atomicStatements: ReadonlySet<string> = new Set([...neutralStatements, 'commit', 'start', 'set']);

/** What a statement does to the transaction that it runs in, as far as its text says. */
export interface TransactionEffect {
  /** It is one statement, so that an error of the server is an error of all of it. */
  readonly isAtomic: boolean;
  /** As {@link leavesTransactionUncommitted}. */
  readonly leavesUncommitted: boolean;
  /** It begins with COMMIT, so that an error of it may be one of a transaction that is committed. */
  readonly isCommit: boolean;
}

/**
 * Reads all of it at once, for a statement that failed.
 *
 * @param multipleStatements the connection allows more than one statement in a text; then any `;` but a last one is taken for a border
 */
export function readTransactionEffect(sql: string, multipleStatements: boolean): TransactionEffect {
  const verb = firstWordOf(sql);
  const isPlain = !hasExecutableComment(sql);
  const hasSemicolon = sql.includes(';');
  const isSeveral = multipleStatements && hasSemicolon && stripFinalSemicolons(sql).includes(';');
  return {
    isAtomic: isPlain && !isSeveral && atomicStatements.has(verb),
    leavesUncommitted: isPlain && !hasSemicolon && neutralStatements.has(verb),
    isCommit: verb === 'commit',
  };
}

/** Whether this may end the transaction that it runs in, and begin another: by its first word, which is all that is read of it. */
export function mayEndTransaction(sql: string, multipleStatements: boolean): boolean {
  return !neutralStatements.has(firstWordOf(sql)) || (multipleStatements && sql.includes(';'));
}

/** Without semicolons and blanks at its end. By hand: a pattern tries every run of blanks in the text from each of its characters. */
export function stripFinalSemicolons(sql: string): string {
  let end = sql.length;
  while (end > 0 && /[\s;]/.test(sql.charAt(end - 1))) end -= 1;
  return sql.slice(0, end);
}

/**
 * Whether this statement leaves the transaction that it runs in uncommitted, whatever becomes of it: only then does losing its
 * connection undo the transaction. Conservative: more than one statement, or anything unusual in front, is `false`.
 */
export function leavesTransactionUncommitted(sql: string): boolean {
  return readTransactionEffect(sql, true).leavesUncommitted;
}

function hasExecutableComment(sql: string): boolean {
  return sql.includes('/*!') || sql.includes('/*M!');
}

/** In lower case; '' where something unusual stands in front. */
function firstWordOf(sql: string): string {
  return /^[\s(]*([a-z]+)\b/i.exec(sql)?.[1]?.toLowerCase() ?? '';
}

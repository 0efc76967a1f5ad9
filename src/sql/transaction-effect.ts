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

/**
 * Whether this text is one statement, so that an error of the server is an error of all of it.
 *
 * @param multipleStatements the connection allows more than one statement in a text; then any `;` but a last one is taken for a border
 */
export function isAtomic(sql: string, multipleStatements: boolean): boolean {
  const text = withoutEnd(sql);
  if ((multipleStatements && text.includes(';')) || hasExecutableComment(text)) return false;
  return atomicStatements.has(firstWordOf(text));
}

/** Without blanks and semicolons at its end. By hand: a pattern tries every run of blanks in the text from each of its characters. */
export function withoutEnd(sql: string): string {
  let end = sql.length;
  while (end > 0 && /[\s;]/.test(sql.charAt(end - 1))) end -= 1;
  return sql.slice(0, end);
}

/**
 * Whether this statement leaves the transaction that it runs in uncommitted, whatever becomes of it: only then does losing its
 * connection undo the transaction. Conservative: more than one statement, or anything unusual in front, is `false`.
 */
export function leavesTransactionUncommitted(sql: string): boolean {
  return !sql.includes(';') && !hasExecutableComment(sql) && neutralStatements.has(firstWordOf(sql));
}

/** Whether this text begins with COMMIT, so that an error of it may be one of a transaction that is committed. */
export function isCommit(sql: string): boolean {
  return firstWordOf(sql) === 'commit';
}

function hasExecutableComment(sql: string): boolean {
  return sql.includes('/*!') || sql.includes('/*M!');
}

/** In lower case; '' where something unusual stands in front. */
function firstWordOf(sql: string): string {
  return /^[\s(]*([a-z]+)\b/i.exec(sql)?.[1]?.toLowerCase() ?? '';
}

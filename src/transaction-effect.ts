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

/**
 * Whether this statement leaves the transaction that it runs in uncommitted, whatever becomes of it: only then does losing its
 * connection undo the transaction. Conservative: more than one statement, or anything unusual in front, is `false`.
 */
export function leavesTransactionUncommitted(sql: string): boolean {
  if (sql.includes(';') || sql.includes('/*!') || sql.includes('/*M!')) return false;
  const firstWord = /^[\s(]*([a-z]+)\b/i.exec(sql)?.[1];
  return firstWord !== undefined && neutralStatements.has(firstWord.toLowerCase());
}

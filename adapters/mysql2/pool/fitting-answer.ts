import { isSafeRead, readStatementKind, verbOf } from '../../../src/internal.ts';

/** Statements that the server answers without rows. Left out: whatever may run others. */
const withoutRows: ReadonlySet<string> = new Set([
  ...['BEGIN', 'START', 'COMMIT', 'ROLLBACK', 'SAVEPOINT', 'RELEASE'],
  ...['INSERT', 'REPLACE', 'UPDATE', 'DELETE'],
]);

/** Statements that may be safe reads, which have rows. */
const withRows: ReadonlySet<string> = new Set([
  ...['SELECT', 'WITH', 'TABLE', 'VALUES'],
  ...['SHOW', 'EXPLAIN', 'DESCRIBE', 'DESC'],
]);

/**
 * Whether this can be the answer to this statement: rows for a read, none for COMMIT or an INSERT. One that cannot belongs to another
 * statement, and says nothing of this one. In doubt, it can.
 *
 * @param result rows, or the header that mysql2 makes of an OK packet
 * @param isRead reads the statement, where the verb alone does not tell. Left out: {@link isSafeRead}
 */
export function isFittingAnswer(sql: string, result: unknown, isRead: (sql: string) => boolean = isSafeRead): boolean {
  const verb = verbOf(sql);
  if (!Array.isArray(result)) return !withRows.has(verb) || !isRead(sql);
  return !withoutRows.has(verb) || mayHaveRows(sql);
}

/** Asked only for what is probably no answer. In doubt are several statements, a block of them (BEGIN NOT ATOMIC), and that word in a string. */
function mayHaveRows(sql: string): boolean {
  const { isAtomic, isSessionBound } = readStatementKind(sql, { multipleStatements: true });
  return (!isAtomic && !isSessionBound) || /\breturning\b/i.test(sql);
}

export function unfittingAnswer(): Error {
  const error = new Error('The answer of the server cannot be one to this statement; the connection was destroyed');
  return Object.assign(error, { code: 'PROTOCOL_UNEXPECTED_PACKET' });
}

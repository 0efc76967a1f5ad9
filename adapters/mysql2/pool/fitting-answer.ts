import { isSafeRead } from '../../../src/internal.ts';

/** Statements that the server answers without rows. Left out: SET, which MariaDB can put before a SELECT, and whatever may run others. */
const withoutRows: ReadonlySet<string> = new Set([
  ...['begin', 'start', 'commit', 'rollback', 'savepoint', 'release'],
  ...['insert', 'replace', 'update', 'delete'],
]);

/** Statements that may be safe reads, which have rows. */
const withRows: ReadonlySet<string> = new Set([
  ...['select', 'with', 'table', 'values'],
  ...['show', 'explain', 'describe', 'desc'],
]);

/**
 * Whether this can be the answer to this statement: rows for a read, none for COMMIT or an INSERT. One that cannot belongs to another
 * statement, and says nothing of this one. In doubt, it can.
 *
 * @param result rows, or the header that mysql2 makes of an OK packet
 * @param isRead reads the statement, where the verb alone does not tell. Left out: {@link isSafeRead}
 */
export function isFittingAnswer(sql: string, result: unknown, isRead: (sql: string) => boolean = isSafeRead): boolean {
  const verb = /^[\s(]*([a-z]+)/i.exec(sql)?.[1]?.toLowerCase() ?? '';
  if (!Array.isArray(result)) return !withRows.has(verb) || !isRead(sql);
  return !withoutRows.has(verb) || sql.includes(';') || /\breturning\b/i.test(sql);
}

export function unfittingAnswer(): Error {
  const error = new Error('The answer of the server cannot be one to this statement; the connection was destroyed');
  return Object.assign(error, { code: 'PROTOCOL_UNEXPECTED_PACKET' });
}

import { tokensFrom } from './statement-text.ts';

/** What every statement that limits its wait has somewhere, and hardly any other. */
const hint = /nowait|wait[\s/]|lock_wait_timeout/i;

/** Longer texts are not read, so that the time this takes has a bound. In UTF-16 code units. */
const longest = 1_048_576;

/** Set for the one statement behind it: MariaDB's SET STATEMENT. */
const settings: ReadonlySet<string> = new Set(['INNODB_LOCK_WAIT_TIMEOUT', 'LOCK_WAIT_TIMEOUT']);

/**
 * Whether a statement says itself how long it may wait for a lock: NOWAIT, WAIT n, SET STATEMENT innodb_lock_wait_timeout = n FOR. Whoever wrote that wants to hear
 * of the lock, and not to wait again. Asked only after a lock has been waited for in vain.
 *
 * Sources, in the manuals of MySQL and MariaDB: "Locking Reads", "WAIT and NOWAIT", "SET STATEMENT".
 */
export function limitsLockWait(sql: string): boolean {
  if (sql.length > longest || !hint.test(sql)) return false;
  let previous = '';
  for (const { kind, text } of tokensFrom(sql, 0)) {
    if (kind === 'word' && (text === 'NOWAIT' || settings.has(text))) return true;
    // In a prepared statement the seconds may be a placeholder.
    if (previous === 'WAIT' && (kind === 'number' || text === '?')) return true;
    previous = kind === 'word' ? text : '';
  }
  return false;
}

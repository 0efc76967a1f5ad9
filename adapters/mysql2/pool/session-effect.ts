import { readSessionSetting, readStatementKind, type SessionSetting } from '../../../src/internal.ts';

/**
 * Whether an error in answer to this text leaves open what the session is in. It does not after one statement that could neither begin nor end a
 * transaction, nor change the session.
 */
export function couldChangeSession(sql: string | undefined, multipleStatements: boolean): boolean {
  if (sql === undefined) return true;
  const { isAtomic, endsTransaction, beginsTransaction, verb } = readStatementKind(sql, { multipleStatements });
  return !isAtomic || endsTransaction || beginsTransaction || verb === 'SET' || verb === 'USE';
}

/** What a text that was answered without rows and without an error may have changed that no flag tells; undefined for most of them. */
export function readSessionChange(sql: string | undefined, multipleStatements: boolean): SessionSetting | undefined {
  return sql === undefined ? undefined : readSessionSetting(sql, multipleStatements);
}

import { isSafeRead, leavesTransactionUncommitted, stripFinalSemicolons } from '../../../src/internal.ts';
import type { StatementMethod, StatementResult } from '../pool/lease.ts';
import type { LeaseClient } from '../pool/lease-client.ts';
import type { PoolUse } from '../pool/pool-use.ts';
import { plainSteps } from './plain-steps.ts';
import { runTransaction } from './run-transaction.ts';

/** Whether this statement has an outcome that can be in doubt. A safe read is sent again anyway. */
export function needsLedger(sql: unknown): boolean {
  const text = sqlTextOf(sql);
  return text === undefined || !isSafeRead(text);
}

/**
 * Sends one statement in a transaction of its own that settles its COMMIT with the ledger.
 *
 * @throws TypeError for a statement that no transaction can undo; what {@link runTransaction} throws
 */
export async function runSingleWrite(
  use: PoolUse,
  method: StatementMethod,
  sql: unknown,
  values: unknown,
): Promise<StatementResult> {
  const text = sqlTextOf(sql);
  if (text === undefined || !leavesTransactionUncommitted(text)) {
    throw new TypeError(
      'Expected one INSERT, UPDATE, DELETE or the like for `exactlyOnce`, got a statement that commits by itself, or more than one; nothing was sent',
    );
  }
  const options = { rerun: true, exactlyOnce: true, idempotencyKey: undefined } as const;
  return runTransaction<LeaseClient, StatementResult>(use, options, {
    ...plainSteps,
    body: (connection) => connection.run(method, sql, values),
  });
}

/** The text of a statement in mysql2's forms: a string, or an object with `sql`. */
function sqlTextOf(sql: unknown): string | undefined {
  const text: unknown = typeof sql === 'object' && sql !== null ? (sql as { sql?: unknown }).sql : sql;
  return typeof text === 'string' ? stripFinalSemicolons(text) : undefined;
}

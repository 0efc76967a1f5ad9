import {
  judgeRead,
  type Patience,
  type RetryPolicy,
  readStatementKind,
  type StatementKind,
} from '../../../src/internal.ts';
import { textOf } from '../driver/command.ts';
import type { StatementMethod, StatementResult } from '../pool/lease.ts';
import type { LeaseClient } from '../pool/lease-client.ts';
import { refuseSessionBound } from '../pool/lone-statement.ts';
import type { PoolUse } from '../pool/pool-use.ts';
import { CallTimeout, timeoutOf, withinTimeout } from '../pool/statement-timeout.ts';
import { plainSteps, stepsWithin } from './plain-steps.ts';
import { runTransaction } from './run-transaction.ts';

/** They tell of something and change nothing. EXPLAIN ANALYZE, which executes, is not among them. */
const describing: ReadonlySet<string> = new Set(['SHOW', 'EXPLAIN', 'DESCRIBE', 'DESC']);

/** Whether this statement has an outcome that can be in doubt. A safe read is sent again anyway. */
export function needsLedger(sql: unknown, { safeFunctions }: Pick<RetryPolicy, 'safeFunctions'>): boolean {
  const text = textOf(sql);
  if (text === undefined) return true;
  const kind = kindOf(text);
  return (
    kind.isSeveral ||
    !(describing.has(kind.verb) || judgeRead(text, { mayLock: false, server: undefined, safeFunctions }).isSafe)
  );
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
  const refusal = refuseSessionBound(sql);
  if (refusal !== undefined) throw refusal;
  const text = textOf(sql);
  if (text === undefined || !canBeUndone(kindOf(text))) {
    throw new TypeError(
      'Expected one INSERT, UPDATE, DELETE or the like for `exactlyOnce`, got a statement that commits by itself, or more than one; nothing was sent',
    );
  }
  const options = { rerun: true, exactlyOnce: true, idempotencyKey: undefined } as const;
  const timeout = timeoutOf(sql);
  if (timeout === undefined) {
    const body = (connection: LeaseClient) => connection.run(method, sql, values);
    return runTransaction<LeaseClient, StatementResult>(use, options, { ...plainSteps, body });
  }
  const { core } = use;
  const limit = new CallTimeout(timeout, core.environment.now);
  let patience: Patience | undefined;
  const onRun = (running: Patience) => {
    patience = running;
  };
  const limited = { core, policy: withinTimeout(use.policy, timeout), timeout, onRun };
  return runTransaction<LeaseClient, StatementResult>(limited, options, {
    ...stepsWithin(timeout),
    body: async (connection) => connection.run(method, limit.apply(sql, patience), values),
  });
}

/** Alone in a transaction, which goes on until gone-away ends it. */
function canBeUndone({ leavesUncommitted, isSessionBound }: StatementKind): boolean {
  return leavesUncommitted && !isSessionBound;
}

function kindOf(text: string): StatementKind {
  return readStatementKind(text, { multipleStatements: true });
}

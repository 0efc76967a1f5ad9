import { classify, killTimeout, Patience } from '../../../src/internal.ts';
import type { Lease } from '../pool/lease.ts';
import type { PoolUse } from '../pool/pool-use.ts';
import { askUntilSettled, type SettlementOutcome } from './ask-until-settled.ts';
import type { SettlementAnswer } from './decide-settlement.ts';
import { isDuplicate, isLockWait, ledgerChange, ledgerRows, type SendSql, sendUntil, textOf } from './ledger-query.ts';
import type { LedgerStatements } from './ledger-table.ts';
import type { Token } from './token.ts';

/** A COMMIT that was sent and not answered, as far as it takes to ask about it. */
export interface UnansweredCommit {
  readonly token: Token;
  /** The connection that COMMIT was sent on. */
  readonly lost: Lease;
  /** On the server's clock, in seconds: when the row's absence begins to prove nothing. */
  readonly notAfter: number;
}

/** Milliseconds for one statement: a lock wait of a second, and what a busy server may take beside that. */
const answerWithin = 10_000;

/** Finds out what became of a transaction whose COMMIT had no answer, and makes sure that it stays so. */
export function settleCommit(
  use: PoolUse,
  statements: LedgerStatements,
  commit: UnansweredCommit,
): Promise<SettlementOutcome> {
  return askUntilSettled(
    {
      askOnce: (deadline) => fenceToken(use, statements, commit, deadline),
      endSession: (deadline) => endSession(use, commit.lost, deadline),
    },
    use.policy,
    use.core.environment,
  );
}

/** Ends what a lost connection has left open on the server, if it is provably that. Says nothing about what became of its work. */
export async function endSession({ core, policy }: PoolUse, lost: Lease, deadline: number): Promise<void> {
  if (!policy.killLostSessions) return;
  const until = Math.min(deadline, core.environment.now() + killTimeout);
  await core.sessionKiller.kill(lost.session, { until, signal: policy.signal, insists: false });
}

/** Asking is insisted on, also by a policy without retries: nobody would know what became of the work. */
function untilDeadline(deadline: number): Patience {
  const patience = new Patience(() => deadline, { maxRetryTime: 0, retries: 1 });
  patience.begin(deadline);
  return patience;
}

/** One question: may `fenced` take the place of this token? */
async function fenceToken(
  { core, policy }: PoolUse,
  statements: LedgerStatements,
  commit: UnansweredCommit,
  deadline: number,
): Promise<SettlementAnswer> {
  let lease: Lease;
  try {
    lease = await core.acquire(policy, untilDeadline(deadline), false);
  } catch (error) {
    return failedAnswer(error);
  }
  const send = sendUntil(lease, deadline, { attemptTimeout: answerWithin, signal: policy.signal }, core.environment);
  try {
    // The server's own limit for a lock wait is beyond our deadline; and the row has to be committed by the statement itself.
    await send({ sql: 'SET SESSION innodb_lock_wait_timeout = 1, SESSION autocommit = 1' });
    return await putFence(send, statements, commit);
  } catch (error) {
    return failedAnswer(error);
  } finally {
    // Nobody else is to get a session with that limit.
    lease.destroy(lease.isLost ? 'lost' : 'dirty');
  }
}

async function putFence(
  send: SendSql,
  statements: LedgerStatements,
  { token, notAfter }: UnansweredCommit,
): Promise<SettlementAnswer> {
  try {
    const inserted = await ledgerChange(send, statements.fence(token, notAfter));
    return { kind: inserted === 1 ? 'inserted' : 'expired' };
  } catch (error) {
    if (isLockWait(error)) return { kind: 'lock-wait' };
    if (!isDuplicate(error)) throw error;
  }
  const [row] = await ledgerRows(send, statements.read(token));
  return { kind: 'duplicate', state: textOf(row?.[0]) ?? undefined };
}

function failedAnswer(error: unknown): SettlementAnswer {
  return { kind: 'failed', failure: classify(error) };
}

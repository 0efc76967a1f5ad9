import { classify, fullJitterDelay, killTimeout, publish, type RetryPolicy, sleep } from '../../../src/internal.ts';
import type { Lease } from '../pool/lease.ts';
import type { PoolCore } from '../pool/pool-core.ts';
import { decideSettlement, type SettlementAnswer } from './decide-settlement.ts';
import { isDuplicate, isLockWait, ledgerChange, ledgerRows, type SendSql, textOf } from './ledger-query.ts';
import type { LedgerStatements } from './ledger-table.ts';
import type { Token } from './token.ts';

/** What a COMMIT in doubt leaves to ask about. */
export interface Doubt {
  readonly token: Token;
  /** The connection that COMMIT was sent on. */
  readonly lost: Lease;
  /** On the server's clock, in seconds: when the row's absence begins to prove nothing. */
  readonly notAfter: number;
}

/** Milliseconds for one statement: a lock wait of a second, and what a busy server may take beside that. */
const answerWithin = 10_000;

/**
 * Finds out what became of a transaction whose COMMIT had no answer, and makes sure that it stays so. Asks the server until it knows, or
 * for `maxRetryTime`, counted from now: the callback may have taken longer than that.
 */
export async function settle(
  core: PoolCore,
  policy: RetryPolicy,
  statements: LedgerStatements,
  doubt: Doubt,
): Promise<'committed' | 'rolled-back' | 'unknown'> {
  const startedAt = performance.now();
  const deadline = startedAt + policy.maxRetryTime;
  let questions = 0;
  const ask = async (): Promise<'committed' | 'rolled-back' | 'unknown'> => {
    for (;;) {
      questions += 1;
      const decision = decideSettlement(await fenceToken(core, policy, statements, doubt, deadline));
      if (decision !== 'fence' && decision !== 'again') return decision;
      if (decision === 'fence') await endSession(core, policy, doubt.lost, deadline);
      const delay = fullJitterDelay(questions, policy, Math.random);
      if (policy.signal?.aborted === true || performance.now() + delay >= deadline) return 'unknown';
      try {
        await sleep(delay, policy.signal);
      } catch {
        return 'unknown';
      }
    }
  };
  const outcome = await ask();
  publish('gone-away:commit-settled', () => ({ outcome, questions, elapsedMs: performance.now() - startedAt }));
  return outcome;
}

/** Ends what a lost connection has left open on the server, if it is provably that. Says nothing about what became of its work. */
export async function endSession(core: PoolCore, policy: RetryPolicy, lost: Lease, deadline: number): Promise<void> {
  if (!policy.killLostSessions) return;
  const until = Math.min(deadline, performance.now() + killTimeout);
  await core.sessionKiller.kill(lost.session, { until, signal: policy.signal, insists: false });
}

/** One question: may `fenced` take the place of this token? */
async function fenceToken(
  core: PoolCore,
  policy: RetryPolicy,
  statements: LedgerStatements,
  doubt: Doubt,
  deadline: number,
): Promise<SettlementAnswer> {
  let lease: Lease;
  try {
    lease = await core.acquire(policy, deadline, false);
  } catch (error) {
    return failed(error);
  }
  const send: SendSql = (sql) => {
    const attemptTimeout = Math.max(1, Math.min(answerWithin, deadline - performance.now()));
    return lease.run('query', sql, undefined, { attemptTimeout, signal: policy.signal });
  };
  try {
    // The server's own limit for a lock wait is beyond our deadline; and the row has to be committed by the statement itself.
    await send({ sql: 'SET SESSION innodb_lock_wait_timeout = 1, SESSION autocommit = 1' });
    return await putFence(send, statements, doubt);
  } catch (error) {
    return failed(error);
  } finally {
    // Nobody else is to get a session with that limit.
    lease.destroy(lease.isLost ? 'lost' : 'dirty');
  }
}

async function putFence(
  send: SendSql,
  statements: LedgerStatements,
  { token, notAfter }: Doubt,
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

function failed(error: unknown): SettlementAnswer {
  return { kind: 'failed', failure: classify(error) };
}

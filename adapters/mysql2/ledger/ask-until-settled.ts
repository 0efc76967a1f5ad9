import { type Environment, fullJitterDelay, publish, type RetryPolicy, sleep } from '../../../src/internal.ts';
import { decideSettlement, type SettlementAnswer } from './decide-settlement.ts';

/** What became of a transaction whose COMMIT had no answer; `unknown` where the time for asking is over. */
export type SettlementOutcome = 'committed' | 'rolled-back' | 'unknown';

/** The server, as it is asked about one COMMIT. Deadlines are on the pool's monotonic clock. */
export interface SettlementQuestions {
  /** May `fenced` take the place of this token? Never rejects: a failure is an answer as well. */
  askOnce(deadline: number): Promise<SettlementAnswer>;
  /** Ends the session that still holds the token, if it is provably lost. */
  endSession(deadline: number): Promise<void>;
}

/** Asks until the answer is certain, or for `maxRetryTime`, counted from now: the callback may have taken longer than that. */
export async function askUntilSettled(
  questions: SettlementQuestions,
  policy: RetryPolicy,
  { now, random }: Pick<Environment, 'now' | 'random'>,
): Promise<SettlementOutcome> {
  const startedAt = now();
  const deadline = startedAt + policy.maxRetryTime;
  let asked = 0;
  const ask = async (): Promise<SettlementOutcome> => {
    for (;;) {
      asked += 1;
      const decision = decideSettlement(await questions.askOnce(deadline));
      if (decision !== 'fence' && decision !== 'again') return decision;
      if (decision === 'fence') await questions.endSession(deadline);
      const delay = fullJitterDelay(asked, policy, random);
      if (policy.signal?.aborted === true || now() + delay >= deadline) return 'unknown';
      try {
        await sleep(delay, policy.signal);
      } catch {
        return 'unknown';
      }
    }
  };
  const outcome = await ask();
  publish('gone-away:commit-settled', () => ({ outcome, questions: asked, elapsedMs: now() - startedAt }));
  return outcome;
}

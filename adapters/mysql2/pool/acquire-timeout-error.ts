import { AcquireTimeoutError, type Failure, failureOf, neverAcquired } from '../../../src/internal.ts';

/** What a call knows that waited for a connection until its time was over. */
export interface AcquireTimeoutFacts {
  readonly elapsedMs: number;
  /** Infinite if the pool has none. */
  readonly connectionLimit: number;
  /** Why the last attempt to connect failed, while the server is down. */
  readonly lastError: unknown;
  readonly lastFailure: Failure | undefined;
}

/** The error for a call that got no connection in time; it says what was in the way. */
export function acquireTimeoutError(facts: AcquireTimeoutFacts): AcquireTimeoutError {
  const { elapsedMs, lastError } = facts;
  const why = reasonOf(facts);
  const failure = failureOf(
    { proof: 'not-executed', kind: 'acquire-timeout', invalidates: 'nothing', source: why },
    neverAcquired,
  );
  return new AcquireTimeoutError(
    `No connection within ${Math.round(elapsedMs)} ms (\`acquireTimeout\`): ${why}. Nothing was sent.`,
    { failure, attempts: 1, elapsedMs, cause: lastError },
  );
}

function reasonOf({ connectionLimit, lastFailure }: AcquireTimeoutFacts): string {
  if (lastFailure !== undefined) {
    return `connecting fails (${lastFailure.code ?? lastFailure.errno ?? lastFailure.kind})`;
  }
  const limit = Number.isFinite(connectionLimit) ? ` (it has ${connectionLimit} at most)` : '';
  return `no connection of the pool became free${limit}, and no new one was ready`;
}

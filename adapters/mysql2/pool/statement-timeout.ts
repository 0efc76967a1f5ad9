import { EventEmitter } from 'node:events';
import { hideStatements, type Patience, propertyOf, type RetryPolicy } from '../../../src/internal.ts';

/** mysql2's own `timeout` of a statement, in milliseconds; undefined where it has none. */
export function timeoutOf(sql: unknown): number | undefined {
  const timeout = propertyOf(sql, 'timeout');
  return typeof timeout === 'number' && timeout > 0 ? timeout : undefined;
}

/** Whoever waits for an answer no longer than that does not want to bear with a server for longer. */
export function withinTimeout(policy: RetryPolicy, timeout: number): RetryPolicy {
  return timeout < policy.maxRetryTime
    ? Object.freeze({ ...policy, maxRetryTime: timeout, patienceOption: 'timeout' })
    : policy;
}

/**
 * mysql2's `timeout` of a statement, as its caller means it: for the call. mysql2 begins it when it sends the statement, so it begins when it is first sent; what is sent
 * later has what is left of it.
 */
export class CallTimeout {
  readonly #timeout: number;
  readonly #now: () => number;
  #endsAt: number | undefined;

  /** @param now monotonic, in milliseconds */
  constructor(timeout: number, now: () => number) {
    this.#timeout = timeout;
    this.#now = now;
  }

  /**
   * The statement to send now. From the first one on, the call waits for nothing beyond its end.
   *
   * @param patience of the call
   *
   * @throws mysql2's error for it, where nothing is left
   */
  apply(sql: unknown, patience: Patience | undefined): unknown {
    if (this.#endsAt === undefined) {
      this.#endsAt = this.#now() + this.#timeout;
      patience?.endBy(this.#endsAt, timedOut);
      return sql;
    }
    // mysql2 takes zero for none.
    const left = Math.floor(this.#endsAt - this.#now());
    if (left < 1) throw timedOut(undefined);
    // A command that was made before is used up when it is sent: it cannot be copied.
    return sql instanceof EventEmitter ? sql : { ...(sql as object), timeout: left };
  }
}

/** In mysql2's words. What happened before is its cause: that is why nothing is left. */
function timedOut(cause: unknown): Error {
  hideStatements(cause);
  const error = new Error('Query inactivity timeout', cause === undefined ? undefined : { cause });
  const code = 'PROTOCOL_SEQUENCE_TIMEOUT';
  return Object.assign(error, { errorno: code, code, syscall: 'query' });
}

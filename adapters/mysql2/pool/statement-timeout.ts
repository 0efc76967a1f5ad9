import { propertyOf, type RetryPolicy } from '../../../src/internal.ts';

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

import type { RetryPolicy } from '../../../src/internal.ts';
import type { Lease, StatementMethod, StatementResult } from './lease.ts';
import { streamRows } from './row-stream.ts';

/** What an ORM needs of a connection: statements on one lease, within the policy's limits, and never retried. */
export class LeaseClient {
  readonly policy: RetryPolicy;
  protected current: Lease;

  constructor(lease: Lease, policy: RetryPolicy) {
    this.current = lease;
    this.policy = policy;
  }

  get lease(): Lease {
    return this.current;
  }

  query(sql: unknown, values?: unknown): Promise<StatementResult> {
    return this.run('query', sql, values);
  }

  execute(sql: unknown, values?: unknown): Promise<StatementResult> {
    return this.run('execute', sql, values);
  }

  run(method: StatementMethod, sql: unknown, values: unknown): Promise<StatementResult> {
    return this.current.run(method, sql, values, this.policy);
  }

  stream(sql: unknown, values: unknown): AsyncGenerator<unknown, void, void> {
    return streamRows(this.current, sql, values, this.policy, 'in-transaction');
  }
}

import type { RetryPolicy } from '../../src/index.ts';
import type { Lease, StatementResult } from './lease.ts';
import { streamRows } from './row-stream.ts';

/** What an ORM needs of a connection: statements on one lease, within the policy's limits, and never retried. */
export class LeaseClient {
  readonly lease: Lease;
  readonly policy: RetryPolicy;

  constructor(lease: Lease, policy: RetryPolicy) {
    this.lease = lease;
    this.policy = policy;
  }

  query(sql: unknown, values?: unknown): Promise<StatementResult> {
    return this.lease.run('query', sql, values, this.policy);
  }

  execute(sql: unknown, values?: unknown): Promise<StatementResult> {
    return this.lease.run('execute', sql, values, this.policy);
  }

  stream(sql: unknown, values: unknown): AsyncGenerator<unknown, void, void> {
    return streamRows(this.lease, sql, values, this.policy, 'in-transaction');
  }
}

import type { Lease, StatementLimits, StatementMethod, StatementResult } from '../pool/lease.ts';
import { LeaseClient } from '../pool/lease-client.ts';

/** Statements of the transaction's own, on whatever connection it has come to. */
export class OwnSide extends LeaseClient {
  readonly #unit: LeaseClient;
  readonly #limits: StatementLimits;

  constructor(unit: LeaseClient, limits: StatementLimits) {
    super(unit.lease, unit.policy);
    this.#unit = unit;
    this.#limits = limits;
  }

  override get lease(): Lease {
    return this.#unit.lease;
  }

  override run(method: StatementMethod, sql: unknown, values: unknown): Promise<StatementResult> {
    return this.lease.run(method, sql, values, this.#limits);
  }
}

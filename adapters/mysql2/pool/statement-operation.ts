import { isSafeRead, type Operation } from '../../../src/internal.ts';
import type { Lease } from './lease.ts';

/** One statement outside a transaction. */
export class StatementOperation implements Operation {
  readonly kind = 'statement';
  readonly idempotent: boolean;
  #sent: Pick<Lease, 'sentSql'> | undefined;
  #mayLock = false;
  #handedOver = false;

  constructor(idempotent: boolean) {
    this.idempotent = idempotent;
  }

  /** Remembers the text as it went over the wire: parameters may bring SQL of their own (`mysql.raw()`). */
  attempted(lease: Lease): void {
    this.#sent = lease;
    this.#mayLock = lease.commitsEachStatement;
  }

  /** The caller has seen a part of the result. */
  handOver(): void {
    this.#handedOver = true;
  }

  isSafeRead(): boolean {
    const sql = this.#sent?.sentSql;
    return sql !== undefined && isSafeRead(sql, { mayLock: this.#mayLock });
  }

  isHandedOver(): boolean {
    return this.#handedOver;
  }
}

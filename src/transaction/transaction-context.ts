/** What the callback of a transaction is told beside its connection. */
export interface TransactionContext {
  /** 1 when the callback runs for the first time. */
  readonly attempt: number;
}

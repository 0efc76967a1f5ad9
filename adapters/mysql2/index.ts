export type * from '../../src/index.ts';
export { type CreateLedgerOptions, createLedger, type PruneLedgerOptions, pruneLedger } from './ledger.ts';
export { ledgerSql } from './ledger-table.ts';
export { type PlainTransactionOptions, type TransactionConnection, transaction } from './plain-transaction.ts';
export type { TransactionContext } from './transaction.ts';
export { type Resilient, withResilience } from './with-resilience.ts';

export * from '../../src/index.ts';
export { ledgerSql } from './ledger/ledger-table.ts';
export { type CreateLedgerOptions, createLedger, type PruneLedgerOptions, pruneLedger } from './maintain-ledger.ts';
export { type PlainTransactionOptions, type TransactionConnection, transaction } from './plain-transaction.ts';
export type { Credentials, CredentialsFunction } from './source/credentials.ts';
export type { ResilientPoolOptions } from './source/pool-recipe.ts';
export { type Resilient, withResilience } from './with-resilience.ts';

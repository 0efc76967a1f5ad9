export type * from '../../src/index.ts';
export { type CreateLedgerOptions, createLedger, type PruneLedgerOptions, pruneLedger } from '../mysql2/ledger.ts';
export { ledgerSql } from '../mysql2/ledger-table.ts';
export { ledgerTable } from './ledger-table.ts';
export { type Resilient, withResilience } from './with-resilience.ts';

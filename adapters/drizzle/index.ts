export type * from '../../src/index.ts';
export { ledgerSql } from '../mysql2/ledger/ledger-table.ts';
export {
  type CreateLedgerOptions,
  createLedger,
  type PruneLedgerOptions,
  pruneLedger,
} from '../mysql2/maintain-ledger.ts';
export { ledgerTable } from './ledger-table.ts';
export { type Resilient, withResilience } from './with-resilience.ts';

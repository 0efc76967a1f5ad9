export * from '../../src/index.ts';
export {
  type CreateLedgerOptions,
  createLedger,
  ledgerSql,
  type PruneLedgerOptions,
  pruneLedger,
} from '../mysql2/binding.ts';
export { ledgerTable } from './ledger-table.ts';
export { type Resilient, withResilience } from './with-resilience.ts';

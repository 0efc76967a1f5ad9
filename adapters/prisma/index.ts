export type * from '../../src/index.ts';
export { ledgerSql } from '../mysql2/ledger/ledger-table.ts';
export {
  type CreateLedgerOptions,
  createLedger,
  type PruneLedgerOptions,
  pruneLedger,
} from '../mysql2/maintain-ledger.ts';
export { PrismaMySQL2, type PrismaMySQL2Options } from './adapter/prisma-mysql2.ts';
export { originalErrorOf } from './errors/to-prisma-error.ts';
export { type ResilienceExtension, type ResilienceMethods, resilience } from './extension/extension.ts';

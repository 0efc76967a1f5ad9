export type * from '../../src/index.ts';
export { type CreateLedgerOptions, createLedger, type PruneLedgerOptions, pruneLedger } from '../mysql2/ledger.ts';
export { ledgerSql } from '../mysql2/ledger-table.ts';
export { type ResilienceExtension, type ResilienceMethods, resilience } from './extension.ts';
export { PrismaMySQL2, type PrismaMySQL2Options } from './prisma-mysql2.ts';
export { originalErrorOf } from './to-prisma-error.ts';

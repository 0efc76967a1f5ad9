export * from '../../src/index.ts';
export {
  type CreateLedgerOptions,
  createLedger,
  ledgerSql,
  type PruneLedgerOptions,
  pruneLedger,
} from '../mysql2/binding.ts';
export { PrismaMySQL2, type PrismaMySQL2Options } from './adapter/prisma-mysql2.ts';
export { originalErrorOf } from './errors/to-prisma-error.ts';
export { type ResilienceExtension, type ResilienceMethods, resilience } from './extension/extension.ts';

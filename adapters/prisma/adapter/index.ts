export * from '../../../src/index.ts';
export {
  type CreateLedgerOptions,
  type Credentials,
  type CredentialsFunction,
  createLedger,
  ledgerSql,
  type PruneLedgerOptions,
  pruneLedger,
  type ResilientPoolOptions,
} from '../../mysql2/binding.ts';
export { originalErrorOf } from '../errors/to-prisma-error.ts';
export { PrismaMySQL2, type PrismaMySQL2Options } from './prisma-mysql2.ts';

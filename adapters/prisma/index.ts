export * from '../../src/index.ts';
export { originalErrorOf } from './errors/to-prisma-error.ts';
export {
  type PrismaPromise,
  type PrismaTransactionOptions,
  type ResilienceExtension,
  type ResilienceMethods,
  resilience,
} from './extension/extension.ts';

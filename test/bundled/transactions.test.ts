import { describe } from 'vitest';

// Each registers its own tests, with hooks that hold for them alone.
describe('in a bundled program', () => {
  describe('transactions that run again', async () => {
    await import('../fault/transaction-reruns.test.ts');
  });
  describe('lock wait timeouts', async () => {
    await import('../fault/transaction-lock-timeout.test.ts');
  });
  describe('transactions of Drizzle', async () => {
    await import('../fault/drizzle-transaction.test.ts');
    await import('../fault/drizzle-nested-transaction.test.ts');
    await import('../fault/drizzle-refused-transaction.test.ts');
  });
  describe('transactions of Prisma', async () => {
    await import('../fault/prisma-adapter-transactions.test.ts');
    await import('../fault/prisma-adapter-statements.test.ts');
  });
});

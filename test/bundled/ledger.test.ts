import { describe } from 'vitest';

// Each registers its own tests, with hooks that hold for them alone.
describe('in a bundled program', () => {
  describe('keys of the ledger', async () => {
    await import('../fault/ledger-keys.test.ts');
  });
  describe('each point of a transaction with a ledger', async () => {
    await import('../fault/ledger-each-point.test.ts');
  });
  describe('sessions that are lost', async () => {
    await import('../fault/ledger-lost-session.test.ts');
  });
  describe('the database of the ledger', async () => {
    await import('../fault/ledger-database.test.ts');
  });
  describe('Prisma with a ledger', async () => {
    await import('../fault/ledger-prisma.test.ts');
  });
});

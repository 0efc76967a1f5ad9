import { describe } from 'vitest';

// Each registers its own tests, with hooks that hold for them alone.
describe('in a bundled program', () => {
  describe('sessions', async () => {
    await import('../integration/session-of-next-user.test.ts');
  });
  describe('statements under way at once', async () => {
    await import('../integration/statements-at-once.test.ts');
  });
  describe('several statements in one text', async () => {
    await import('../fault/mysql2-several-statements.test.ts');
  });
  describe('read-only sessions', async () => {
    await import('../fault/read-only-session.test.ts');
  });
  describe('held connections', async () => {
    await import('../fault/mysql2-held-connection.test.ts');
  });
  describe('statements that were lost on their way', async () => {
    await import('../fault/mysql2-partial-delivery.test.ts');
  });
  describe('what a statement does', async () => {
    await import('../fault/statement-kind.test.ts');
  });
});

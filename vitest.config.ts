import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The Prisma binding is not finished: these hold it to the contract, which it does not fulfil yet.
    exclude: ['test/contract/prisma.test.ts', 'test/fault/prisma-*.test.ts'],
    // A first run may have to fetch a server before any test can begin.
    hookTimeout: 300_000,
    testTimeout: 60_000,
    // Each file has servers of its own; more files at once than cores only make them wait for each other.
    maxWorkers: 2,
    reporters: process.env.CI === undefined ? ['default'] : ['dot'],
  },
});

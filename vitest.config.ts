import { defineConfig } from 'vitest/config';
import { isUnheardOfMariaDbDriver } from './test/support/prisma/mariadb-driver.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // A first run may have to fetch a server before any test can begin.
    hookTimeout: 300_000,
    testTimeout: 60_000,
    onUnhandledError: (error) => !isUnheardOfMariaDbDriver(error),
    // Each file has servers of its own; more files at once than cores only make them wait for each other.
    maxWorkers: 2,
    reporters: process.env.CI === undefined ? ['default'] : ['dot'],
  },
});

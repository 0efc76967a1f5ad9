import { defineConfig } from 'vitest/config';
import { isUnheardOfMariaDbDriver } from './test/support/prisma/mariadb-driver.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // A first run may have to fetch a server before any test can begin.
    hookTimeout: 300_000,
    testTimeout: 60_000,
    onUnhandledError: (error) => !isUnheardOfMariaDbDriver(error),
    // Each file has servers of its own, and waits for them more than it works: a file more than the two cores of a small machine.
    maxWorkers: 3,
    reporters: process.env.CI === undefined ? ['default'] : ['dot'],
  },
});

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // A first run may have to fetch a server before any test can begin.
    hookTimeout: 300_000,
    testTimeout: 60_000,
    onUnhandledError: (error) => !isOfMariaDbDriver(error),
    // Each file has servers of its own; more files at once than cores only make them wait for each other.
    maxWorkers: 2,
    reporters: process.env.CI === undefined ? ['default'] : ['dot'],
  },
});

/**
 * The driver under `@prisma/adapter-mariadb` rejects where nobody listens when its pool closes a connection that was lost; also with no code
 * of ours in between. What comes through this package is wrapped by Prisma, and no driver's bare error.
 */
function isOfMariaDbDriver(error: object): boolean {
  const { errno, sqlState, fatal, clientVersion } = error as Record<string, unknown>;
  const isLoss = (sqlState === 'HY000' && errno === -104) || (sqlState === '08S01' && errno === 45009);
  return isLoss && fatal === true && clientVersion === undefined;
}

/** Lost by a reset, by its end, and given up by `socketTimeout`. */
const losses: ReadonlySet<unknown> = new Set(['HY000 -104', '08S01 45009', '08S01 45026']);

/**
 * The driver under `@prisma/adapter-mariadb` rejects where nobody listens when its pool closes a connection that was lost; also with no code
 * of this package in between. What comes through this package is wrapped by Prisma, and no driver's bare error.
 */
export function isUnheardOfMariaDbDriver(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { errno, sqlState, fatal, clientVersion } = error as Record<string, unknown>;
  return losses.has(`${sqlState} ${errno}`) && fatal === true && clientVersion === undefined;
}

/**
 * The driver under `@prisma/adapter-mariadb` rejects where nobody listens when its pool closes a connection that was lost; also with no code
 * of this package in between. What comes through this package is wrapped by Prisma, and no driver's bare error.
 */
export function isUnheardOfMariaDbDriver(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { errno, sqlState, fatal, clientVersion } = error as Record<string, unknown>;
  const isLoss = (sqlState === 'HY000' && errno === -104) || (sqlState === '08S01' && errno === 45009);
  return isLoss && fatal === true && clientVersion === undefined;
}

import type { LocalServer } from '../support/local-server.ts';
import type { World } from './world.ts';

/** A world of several servers. */
export interface ClusterWorld extends World {
  /** All of them, whatever their role and their state. */
  readonly servers: readonly LocalServer[];
}

/** How many connections of `app` those of these servers have that run. */
export async function threadsOf(servers: readonly LocalServer[]): Promise<number> {
  const counts = servers.filter(({ running }) => running).map(async (server) => (await server.threads()).length);
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

import type { LocalServer } from '../../support/server/local-server.ts';
import type { Fault, World } from './world.ts';

/** A world of several servers. */
export interface ClusterWorld extends World {
  /** Those of its faults that make it a cluster: what happens to its servers, and to what stands before them. */
  readonly events: readonly Fault[];
  /** All of them, whatever their role and their state. */
  readonly servers: readonly LocalServer[];
}

/** How many connections of `app` those of these servers have that run. */
export async function threadsOf(servers: readonly LocalServer[]): Promise<number> {
  const counts = servers.filter(({ running }) => running).map(async (server) => (await server.threads()).length);
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

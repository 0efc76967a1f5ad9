import type { ClusterWorld } from '../cluster-world.ts';
import type { World } from '../world.ts';
import { createGaleraWorld } from './galera.ts';
import { createReplicaWorld } from './replica.ts';
import { createRouterWorld } from './router.ts';
import { createSingleServer } from './single-server.ts';

export interface WorldKind {
  /** @param clients how many there will be */
  create(clients: number): Promise<World>;
}

export const clusterWorlds = {
  galera: { create: createGaleraWorld },
  replica: { create: createReplicaWorld },
  router: { create: createRouterWorld },
} satisfies Record<string, { create(clients: number): Promise<ClusterWorld> }>;

export const worlds = {
  mariadb: { create: createSingleServer },
  mysql: {
    create(clients) {
      process.env.GONE_AWAY_SERVER ??= 'mysql-9';
      return createSingleServer(clients);
    },
  },
  ...clusterWorlds,
} satisfies Record<string, WorldKind>;

export type WorldName = keyof typeof worlds;

export const worldNames = Object.keys(worlds) as readonly WorldName[];

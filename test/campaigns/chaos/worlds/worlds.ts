import { findMariadb } from '../../../support/cluster/find-mariadb.ts';
import { findGalera } from '../../../support/cluster/galera-programs.ts';
import { findHaproxy } from '../../../support/cluster/haproxy.ts';
import { findMysqlRouter } from '../../../support/cluster/mysql-router.ts';
import { findServerBinary } from '../../../support/server/find-server-binary.ts';
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

export interface ClusterKind extends WorldKind {
  /** @throws {Error} saying what of it cannot be had on this machine */
  find(): Promise<unknown>;
  create(clients: number): Promise<ClusterWorld>;
}

export const clusterWorlds = {
  galera: { find: () => Promise.all([findGalera(), findHaproxy()]), create: createGaleraWorld },
  replica: { find: findMariadb, create: createReplicaWorld },
  router: { find: () => Promise.all([findMysqlRouter(), findServerBinary('mysql-9')]), create: createRouterWorld },
} satisfies Record<string, ClusterKind>;

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

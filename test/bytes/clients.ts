import type { ClientKind } from './client.ts';
import { openDrizzle } from './drizzle-client.ts';
import { openMysql2 } from './mysql2-client.ts';
import { openPrismaMariaDb, openPrismaMySQL2 } from './prisma-client.ts';
import { type WayName, wayOf } from './ways.ts';
import { type WorkloadName, workloadOf } from './workloads.ts';

const statements = ['safe read', 'locking read', 'insert', 'update', 'execute'] as const;
const transactions = ['transaction', 'transaction with rerun'] as const;

export const clients = {
  mysql2: {
    open: openMysql2,
    workloads: [...statements, ...transactions, 'load data', 'connect', 'big insert', 'huge insert'],
  },
  'mysql2 over TLS': {
    open: openMysql2,
    workloads: ['safe read', 'insert', 'execute', ...transactions, 'load data', 'connect'],
    every: 7,
    tls: true,
  },
  Drizzle: {
    open: openDrizzle,
    workloads: [...statements, ...transactions, 'iterator', 'connect', 'big insert', 'huge insert'],
  },
  PrismaMySQL2: {
    open: openPrismaMySQL2,
    prepares: true,
    workloads: [...statements, 'create', ...transactions, 'batch', 'connect', 'big insert', 'huge insert'],
  },
  '@prisma/adapter-mariadb': {
    open: openPrismaMariaDb,
    prepares: true,
    foreign: true,
    workloads: [...statements, 'create', ...transactions, 'batch', 'connect'],
  },
} satisfies Record<string, ClientKind>;

export type ClientName = keyof typeof clients;

export const clientNames = Object.keys(clients) as readonly ClientName[];

export function meets(client: ClientName, workload: WorkloadName, way: WayName): boolean {
  const { transparent, when } = wayOf(way);
  // A driver of somebody else's cannot ask the server.
  if (clientOf(client).foreign === true && transparent === true) return false;
  // What the kernels take has left its process, whether it is read or not.
  return (when === 'stalled') === (workloadOf(workload).exceedsBuffers === true);
}

export function clientOf(name: ClientName): ClientKind {
  return clients[name];
}

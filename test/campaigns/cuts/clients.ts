import type { ClientKind } from './client.ts';
import { openDrizzle } from './drizzle-client.ts';
import { openMysql2 } from './mysql2-client.ts';
import { openPrismaMariaDb, openPrismaMySQL2 } from './prisma-client.ts';
import { type WayName, wayOf } from './ways.ts';
import { type WorkloadName, workloadOf } from './workloads.ts';

const statements = ['safe read', 'locking read', 'insert', 'update', 'execute'] as const;
const transactions = [
  ...['transaction', 'transaction with rerun', 'two at once', 'two at once with rerun'],
  ...['forgotten write', 'forgotten write with rerun', 'thrown beside a write'],
] as const;

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
    notes: [
      'cut at every 7th byte: what is in between is encrypted, and the same to whoever reads it',
      'has no rule for what the kernel refused or did not take: under TLS that may be something else than the statement',
    ],
  },
  Drizzle: {
    open: openDrizzle,
    workloads: [...statements, ...transactions, 'iterator', 'connect', 'big insert', 'huge insert'],
  },
  PrismaMySQL2: {
    open: openPrismaMySQL2,
    prepares: true,
    notes: ['prepares what it sends: half of what is written comes before anything is executed'],
    workloads: [...statements, 'create', ...transactions, 'batch', 'connect', 'big insert', 'huge insert'],
  },
  '@prisma/adapter-mariadb': {
    open: openPrismaMariaDb,
    prepares: true,
    leavesOut: ['watched silence', 'stalled, then asked about'],
    notes: [
      "somebody else's driver: it brings no evidence, and nobody can ask the server about its threads",
      'ends a silence only with its own `socketTimeout`, which is set to `attemptTimeout` here; without it, it waits for ever',
    ],
    workloads: [...statements, 'create', ...transactions, 'batch', 'connect'],
  },
} satisfies Record<string, ClientKind>;

export type ClientName = keyof typeof clients;

export const clientNames = Object.keys(clients) as readonly ClientName[];

export function meets(client: ClientName, workload: WorkloadName, way: WayName): boolean {
  if (clientOf(client).leavesOut?.includes(way) === true) return false;
  // What the kernels take has left its process, whether it is read or not.
  return (wayOf(way).when === 'stalled') === (workloadOf(workload).exceedsBuffers === true);
}

export function clientOf(name: ClientName): ClientKind {
  return clients[name];
}

import type { ServerBinary } from '../server/find-server-binary.ts';

/** How one make of server replicates by GTID. Durable: what is acknowledged is in the binary log, and on the disk. */
export interface ReplicationDialect {
  flags(serverId: number): readonly string[];
  /** What a fresh node is told first. */
  readonly user: readonly string[];
  /** What it has: a column `position`. */
  readonly executed: string;
  /** Waits for a moment until it has a position: a column `waiting`, which is 0 then. */
  readonly wait: string;
  readonly status: string;
  /** Of the status: what it has got, applied or not. */
  readonly received: 'Gtid_IO_Pos' | 'Retrieved_Gtid_Set';
  readonly pause: string;
  readonly resume: string;
  readonly promote: readonly string[];
  /** A node that begins anew lets no user in who would miss something there; nothing, where no such switch exists. */
  readonly closed: readonly string[];
  /** Lets everybody in. */
  readonly open: readonly string[];
  follow(primaryPort: number, executed: string): readonly string[];
}

/** Each node has it without the others' doing. */
const replicationUser = (grant: string) => [
  'SET sql_log_bin = 0',
  "CREATE USER IF NOT EXISTS repl@'127.0.0.1' IDENTIFIED BY 'repl'",
  `GRANT ${grant} ON *.* TO repl@'127.0.0.1'`,
];

const common = (serverId: number) => [
  `--server-id=${serverId}`,
  '--log-bin=binlog',
  '--binlog-format=ROW',
  '--sync-binlog=1',
  '--innodb-flush-log-at-trx-commit=1',
];

const mariadb: ReplicationDialect = {
  flags: (serverId) => [
    ...common(serverId),
    '--log-slave-updates=ON',
    '--gtid-strict-mode=ON',
    '--slave-net-timeout=4',
    '--slave-parallel-threads=4',
  ],
  user: replicationUser('REPLICATION SLAVE'),
  executed: 'SELECT @@gtid_current_pos AS position',
  wait: 'SELECT MASTER_GTID_WAIT(?, 0.2) AS waiting',
  status: 'SHOW SLAVE STATUS',
  received: 'Gtid_IO_Pos',
  pause: 'STOP SLAVE IO_THREAD',
  resume: 'START SLAVE IO_THREAD',
  promote: ['STOP SLAVE', 'RESET SLAVE ALL', 'SET GLOBAL read_only = 0'],
  closed: [],
  open: [],
  follow: (primaryPort, executed) => [
    'SET GLOBAL read_only = 1',
    `SET GLOBAL gtid_slave_pos = '${executed}'`,
    `CHANGE MASTER TO master_host = '127.0.0.1', master_port = ${primaryPort}, master_user = 'repl', ` +
      "master_password = 'repl', master_use_gtid = slave_pos, master_connect_retry = 1",
    'START SLAVE',
  ],
};

const mysql: ReplicationDialect = {
  flags: (serverId) => [
    ...common(serverId),
    '--gtid-mode=ON',
    '--enforce-gtid-consistency=ON',
    '--replica-net-timeout=4',
    '--skip-replica-start=ON',
  ],
  user: replicationUser('REPLICATION SLAVE'),
  executed: 'SELECT @@global.gtid_executed AS position',
  wait: 'SELECT WAIT_FOR_EXECUTED_GTID_SET(?, 0.2) AS waiting',
  status: 'SHOW REPLICA STATUS',
  received: 'Retrieved_Gtid_Set',
  pause: 'STOP REPLICA IO_THREAD',
  resume: 'START REPLICA IO_THREAD',
  promote: ['STOP REPLICA', 'RESET REPLICA ALL', 'SET GLOBAL super_read_only = 0', 'SET GLOBAL read_only = 0'],
  closed: ['--offline-mode=ON'],
  open: ['SET GLOBAL offline_mode = OFF'],
  follow: (primaryPort) => [
    'SET GLOBAL super_read_only = 1',
    `CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = ${primaryPort}, SOURCE_USER = 'repl', ` +
      "SOURCE_PASSWORD = 'repl', SOURCE_AUTO_POSITION = 1, SOURCE_CONNECT_RETRY = 1, GET_SOURCE_PUBLIC_KEY = 1",
    'START REPLICA',
  ],
};

export const replicationDialects: Readonly<Record<ServerBinary['kind'], ReplicationDialect>> = { mariadb, mysql };

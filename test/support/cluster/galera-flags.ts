/** The ports of one node beside that for clients: of the group, and of the two ways in which a node that joins gets its data. */
export interface GaleraPorts {
  readonly group: number;
  readonly ist: number;
  readonly sst: number;
}

export interface GaleraNodeOptions {
  /** 1, 2 or 3. */
  readonly id: number;
  readonly provider: string;
  readonly ports: GaleraPorts;
  /** The group ports of all nodes. */
  readonly members: readonly number[];
}

/** Who is silent for a second is suspected, and soon after left out; by default that takes five to fifteen seconds. */
const patience = {
  'evs.keepalive_period': 'PT0.3S',
  'evs.inactive_check_period': 'PT0.2S',
  'evs.suspect_timeout': 'PT1S',
  'evs.inactive_timeout': 'PT3S',
  'evs.install_timeout': 'PT3S',
};

/** What makes a MariaDB server a node of a cluster on this machine. */
export function galeraFlags({ id, provider, ports, members }: GaleraNodeOptions): readonly string[] {
  const options = {
    ...patience,
    'gmcast.listen_addr': `tcp://127.0.0.1:${ports.group}`,
    'ist.recv_addr': `127.0.0.1:${ports.ist}`,
    // What a node that was away for a while has missed is taken from here.
    'gcache.size': '16M',
    'gcache.page_size': '8M',
    'pc.recovery': 'FALSE',
  };
  return [
    `--server-id=${id}`,
    '--binlog-format=ROW',
    '--default-storage-engine=InnoDB',
    '--innodb-autoinc-lock-mode=2',
    '--innodb-flush-log-at-trx-commit=1',
    '--wsrep-on=ON',
    `--wsrep-provider=${provider}`,
    '--wsrep-cluster-name=gone-away',
    `--wsrep-node-name=n${id}`,
    `--wsrep-cluster-address=gcomm://${members.map((port) => `127.0.0.1:${port}`).join(',')}`,
    `--wsrep-node-address=127.0.0.1:${ports.group}`,
    `--wsrep-provider-options=${Object.entries(options)
      .map(([name, value]) => `${name}=${value}`)
      .join(';')}`,
    '--wsrep-sst-method=rsync',
    `--wsrep-sst-receive-address=127.0.0.1:${ports.sst}`,
  ];
}

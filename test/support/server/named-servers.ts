/** A server that `GONE_AWAY_SERVER` can name: packages of one release of Debian, which run on any other. */
export interface NamedServer {
  readonly suite: string;
  readonly packages: readonly string[];
  /** Below `/usr`. */
  readonly program: string;
}

const mariadb = { packages: ['mariadb-server-core'], program: 'sbin/mariadbd' } as const;

/** Debian's stable releases keep to a series of versions; what sid has moves, so its name says no more than is sure. */
export const namedServers: Readonly<Record<string, NamedServer>> = {
  'mariadb-10.11': { suite: 'bookworm', ...mariadb },
  'mariadb-11.8': { suite: 'trixie', ...mariadb },
  'mysql-9': { suite: 'sid', packages: ['mysql-server-core'], program: 'sbin/mysqld' },
};

export const serverNames: readonly string[] = Object.keys(namedServers);

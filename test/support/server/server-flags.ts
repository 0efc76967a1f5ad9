import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerBinary } from './find-server-binary.ts';

/** The flags which every call of the server program begins with: where things are and whom it runs as. */
export function locationFlags(binary: ServerBinary, datadir: string): readonly string[] {
  const elsewhere = binary.prefix === undefined ? [] : prefixFlags(binary.prefix);
  // Without --user the server refuses to run as root; for anyone else it is a warning at best.
  const asRoot = process.getuid?.() === 0 ? ['--user=root'] : [];
  return [...elsewhere, ...asRoot, `--datadir=${datadir}`];
}

/** Where the server below `prefix` has its messages, character sets and SQL scripts. */
export function shareFolder(prefix: string): string | undefined {
  return ['mariadb', 'mysql'].map((name) => join(prefix, 'share', name)).find((path) => existsSync(path));
}

function prefixFlags(prefix: string): readonly string[] {
  const share = shareFolder(prefix);
  if (share === undefined) return [];
  return [
    `--basedir=${prefix}`,
    `--lc-messages-dir=${share}`,
    `--character-sets-dir=${join(share, 'charsets')}`,
    `--plugin-dir=${join(prefix, 'lib', 'mysql', 'plugin')}`,
  ];
}

/**
 * Small, quick, and quiet, but with durable commits: after kill -9 every acknowledged commit is there. The sizes of files are
 * among these flags, so a datadir has to be made with them too.
 */
export function tuningFlags(kind: ServerBinary['kind']): readonly string[] {
  const common = [
    '--innodb-buffer-pool-size=16M',
    '--innodb-flush-log-at-trx-commit=1',
    '--innodb-buffer-pool-load-at-startup=OFF',
    '--innodb-buffer-pool-dump-at-shutdown=OFF',
    '--performance-schema=OFF',
    '--key-buffer-size=1M',
    '--max-connections=200',
    '--table-open-cache=200',
    '--skip-name-resolve',
    '--skip-log-bin',
  ];
  // "loose" flags are skipped by releases which do not know them.
  const own =
    kind === 'mariadb'
      ? ['--innodb-log-file-size=8M', '--aria-pagecache-buffer-size=1M', '--loose-aria-log-file-size=8M']
      : [
          '--loose-innodb-redo-log-capacity=8M',
          '--loose-mysqlx=OFF',
          '--secure-file-priv=NULL',
          '--event-scheduler=OFF',
          // It saves pages from a power failure, which no test can cause; kill -9 leaves no half-written page.
          '--innodb-doublewrite=OFF',
        ];
  return [...common, ...own];
}

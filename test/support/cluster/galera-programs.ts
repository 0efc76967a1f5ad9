import { createHash } from 'node:crypto';
import { chmod, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { cachedFolder } from '../server/cache-folder.ts';
import { datadirTemplate } from '../server/datadir-template.ts';

import type { ServerBinary } from '../server/find-server-binary.ts';
import { freePort } from '../server/free-port.ts';
import { launchLocalServer } from '../server/local-server.ts';
import { unpackedProgram } from '../server/unpacked-program.ts';
import { clusterPackages } from './cluster-packages.ts';
import { findMariadb } from './find-mariadb.ts';
import { galeraFlags } from './galera-flags.ts';

/** The library that makes MariaDB a node, and what brings a whole copy of the data to a node that joins. */
const packages = ['galera-4', 'mariadb-server', 'rsync'];

/** Change it when the code below makes another template from the same program. */
const recipe = 1;

/** What nodes are started with. */
export interface GaleraPrograms {
  readonly binary: ServerBinary;
  /** The path of the library. */
  readonly provider: string;
  /** A folder to copy nodes from: they have the same data, and know it, so that they join without a copy of the whole. */
  readonly template: string;
}

/**
 * Finds or fetches what a Galera cluster consists of.
 *
 * @throws {Error} saying what cannot be had
 */
export async function findGalera(): Promise<GaleraPrograms> {
  const mariadb = await findMariadb();
  if (mariadb.leadingArgs.length > 0) {
    throw new Error(
      `Galera needs MariaDB of the machine's own release, and the server to be used here is another release's: ${mariadb.version}`,
    );
  }
  const unpacked = await clusterPackages({ packages });
  const provider = join(unpacked.prefix, 'lib', 'galera', 'libgalera_smm.so');
  const { env } = unpackedProgram(unpacked, 'bin/rsync');
  const scripts = await transferScripts(unpacked.prefix);
  // The scripts call rsync, and programs of the server, by their names.
  const path = [scripts, join(unpacked.prefix, 'bin'), dirname(mariadb.path), env.PATH ?? ''].join(delimiter);
  const binary = { ...mariadb, env: { ...mariadb.env, ...env, PATH: path } };
  return { binary, provider, template: await nodeTemplate(binary, provider) };
}

/** A daemon of rsync that root starts becomes nobody, who cannot write into a node's folder. */
async function transferScripts(prefix: string): Promise<string> {
  const user = process.getuid?.() ?? 0;
  return cachedFolder(`galera-scripts-${recipe}-${user}`, async (draft) => {
    for (const name of ['wsrep_sst_common', 'wsrep_sst_rsync']) {
      const text = await readFile(join(prefix, 'bin', name), 'utf8');
      const asUs = `use chroot = no\nuid = ${user}\ngid = ${process.getgid?.() ?? 0}`;
      await writeFile(join(draft, name), text.replace(/^use chroot = no$/m, asUs));
      await chmod(join(draft, name), 0o755);
    }
  });
}

async function nodeTemplate(binary: ServerBinary, provider: string): Promise<string> {
  const plain = await datadirTemplate(binary);
  const hash = createHash('sha256').update(`${recipe} ${plain}`).digest('hex').slice(0, 12);
  return cachedFolder(`template-galera-${binary.version}-${hash}`, async (draft) => {
    const [group = 0, ist = 0, sst = 0] = [await freePort(), await freePort(), await freePort()];
    const flags = galeraFlags({ id: 1, provider, members: [group], ports: { group, ist, sst } });
    const node = await launchLocalServer({ binary, name: 'galera', flags: [...flags, '--wsrep-new-cluster'] });
    try {
      await node.stop();
      await mkdir(draft, { recursive: true });
      await cp(join(plain, 'tls'), join(draft, 'tls'), { recursive: true });
      await cp(node.datadir, join(draft, 'data'), { recursive: true });
      for (const own of ['galera.cache', 'gvwstate.dat']) await rm(join(draft, 'data', own), { force: true });
    } finally {
      await node.destroy();
    }
  });
}

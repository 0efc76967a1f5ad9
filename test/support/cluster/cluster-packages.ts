import { type DebianPackages, type UnpackedPackages, unpackDebianPackages } from '../server/debian-packages.ts';
import { hasApt } from '../server/find-server-binary.ts';

/**
 * What a cluster needs beside its servers.
 *
 * @throws {Error} in words for people, where it cannot be fetched
 */
export async function clusterPackages(wanted: DebianPackages): Promise<UnpackedPackages> {
  const names = wanted.packages.join(', ');
  if (!hasApt())
    throw new Error(`${names} would come from Debian's packages, and this machine has no apt-get to fetch them`);
  return unpackDebianPackages(wanted);
}

import { findServerBinary, type ServerBinary } from '../server/find-server-binary.ts';

/**
 * The program that clusters of MariaDB are made of.
 *
 * @throws {Error} saying what is missing
 */
export async function findMariadb(): Promise<ServerBinary> {
  const binary = await findServerBinary();
  if (binary.kind === 'mariadb') return binary;
  throw new Error(
    `clusters of MariaDB need MariaDB, and the server to be used here is ${binary.kind} ${binary.version}`,
  );
}

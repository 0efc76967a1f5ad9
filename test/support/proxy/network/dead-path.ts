import { fileURLToPath } from 'node:url';
import { runCommand } from '../../command/run-command.ts';

/** Why nobody can ask the server about the session whose path died. */
export type DeadPathSituation = 'user-changed' | 'no-connection-left';

export interface DeadPathReport {
  readonly situation: DeadPathSituation;
  /** Of what the statement failed with, and of what caused that, the outermost first. */
  readonly codes: readonly string[];
}

const inNamespace = (script: string, ...args: readonly string[]): Promise<string> =>
  runCommand('unshare', ['--user', '--map-root-user', '--net', 'sh', '-c', `ip link set lo up && ${script}`, ...args], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
  });

/** @throws {Error} where this machine gives no network of its own to who asks for one, or cannot drop packets in it */
export async function findDeadPaths(): Promise<void> {
  await inNamespace('nft add table inet probe');
}

/**
 * Drops each packet of a connection under a statement, in a network of its own in which a server and its client run. A program between them
 * cannot do that: the kernel goes on acknowledging what it gets.
 */
export async function reportDeadPaths(): Promise<readonly DeadPathReport[]> {
  const program = fileURLToPath(new URL('./dead-path-process.ts', import.meta.url));
  return JSON.parse(await inNamespace('exec "$0" "$@"', process.execPath, '--import', 'tsx', program));
}

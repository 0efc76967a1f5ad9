import { externalUrl } from '../server/external-url.ts';

/** Why something cannot be had on this machine, in a line; undefined when it can. */
export async function whyNot(find: () => Promise<unknown>): Promise<string | undefined> {
  // Clusters are made of servers of our own.
  if (externalUrl() !== undefined) return 'MYSQL_URL is set';
  try {
    await find();
    return undefined;
  } catch (error) {
    return String(error instanceof Error ? error.message : error).split('\n')[0];
  }
}

/** The title of a group of tests that is skipped where something is missing. */
export function titleOf(what: string, missing: string | undefined): string {
  return missing === undefined ? what : `${what} (skipped where ${missing.replaceAll(/[()]/g, '')})`;
}

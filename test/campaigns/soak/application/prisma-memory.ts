import { randomFrom } from '../../../support/fuzz/random-from.ts';
import type { LoadedClient } from './load.ts';

/** As many as Prisma remembers, and some that may fail. */
const remembered = 110;
const atOnce = 8;

/**
 * Prisma remembers the last hundred transactions that have ended, to be able to say so to who goes on with one, and with each of them its
 * connection. How many connections that are depends on the last faults, and is a matter of megabytes: this gives it a hundred
 * transactions on connections that are there.
 */
export async function renewMemory({ client, list }: LoadedClient): Promise<void> {
  const random = randomFrom(0);
  let left = remembered;
  const work = async () => {
    while (left > 0) {
      left -= 1;
      await client.perform({ ...list.next(random), kind: 'transfer-rerun' }, undefined).catch(() => {});
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

import { afterAll, beforeAll, beforeEach } from 'vitest';
import { type ReplicationPair, startReplicationPair } from './replication.ts';
import { resetStageTables } from './stage-rows.ts';
import type { Cleanups } from './use-cleanups.ts';
import { startVirtualIp, type VirtualIp } from './virtual-ip.ts';

/** A primary, its replica, and an address that stands for the primary. */
export interface ReplicatedStage {
  readonly pair: ReplicationPair;
  readonly address: VirtualIp;
}

/** One pair for all tests of a file; an address of its own and empty tables for each of them. */
export function useReplicationPair(name: string, { afterwards }: Cleanups): ReplicatedStage {
  let pair: ReplicationPair | undefined;
  let address: VirtualIp | undefined;
  const stage: ReplicatedStage = {
    get pair() {
      if (pair === undefined) throw new Error('the pair is started before the first test of its file');
      return pair;
    },
    get address() {
      if (address === undefined) throw new Error('the address is there from the beginning of a test');
      return address;
    },
  };
  beforeAll(async () => {
    pair = await startReplicationPair({ name });
  }, 240_000);
  afterAll(() => pair?.destroy());
  beforeEach(async () => {
    await resetStageTables(stage.pair.primary);
    await stage.pair.caughtUp();
    address = await startVirtualIp(stage.pair.primary);
    const { proxy } = address;
    afterwards(() => proxy.close());
  });
  return stage;
}

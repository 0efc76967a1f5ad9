import type { Direction } from '../support/fault-proxy-connection.ts';
import type { ClientName } from './clients.ts';
import type { WayName } from './ways.ts';
import { type WorkloadName, workloadOf } from './workloads.ts';

/** Where a conversation is cut, and how: everything that it takes to do it again. */
export interface Place {
  readonly client: ClientName;
  readonly workload: WorkloadName;
  readonly way: WayName;
  readonly direction: Direction;
  /** How many bytes may pass in that direction. */
  readonly byte: number;
}

/** The command that cuts there and nowhere else. */
export function commandOf({ client, workload, way, direction, byte }: Place): string {
  return `npm run fault -- --client '${client}' --workload '${workload}' --way '${way}' --direction ${direction} --byte ${byte}`;
}

/**
 * After how many bytes a conversation is cut.
 *
 * @param total what it takes, uncut
 * @param every as if the bytes in between were all alike; of a workload that is not cut at each byte, so many times as few
 */
export function bytesToCut(workload: WorkloadName, total: number, every: number): readonly number[] {
  const { edge = 0, sampled, every: ownEvery = 1 } = workloadOf(workload);
  const own = sampled === true ? Math.floor(total / 50) : ownEvery;
  const step = total < longTotal ? every : every * own;
  const isEdge = (byte: number) => total >= longTotal && (byte < edge || byte > total - edge) && byte % every === 0;
  return Array.from({ length: total + 1 }, (_, byte) => byte).filter(
    (byte) => byte % step === 0 || byte === total || isEdge(byte),
  );
}

/** What has no more bytes than this is short, also where its workload is long in the other direction. */
const longTotal = 5_000;

import fc from 'fast-check';
import type { Direction } from '../../support/proxy/fault-proxy-connection.ts';
import type { ClientName } from './clients.ts';
import type { Conversation } from './conversation.ts';
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
  return `npm run cuts -- --client '${client}' --workload '${workload}' --way '${way}' --direction ${direction} --byte ${byte}`;
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
  const isLong = total >= longTotal;
  const bytes = new Set([total]);
  const add = (from: number, to: number, step: number) => {
    for (let byte = Math.ceil(from / step) * step; byte <= to; byte += step) bytes.add(byte);
  };
  add(0, total, isLong ? every * own : every);
  if (isLong && edge > 0) {
    add(0, edge - 1, every);
    add(total - edge + 1, total, every);
  }
  return [...bytes].sort((a, b) => a - b);
}

/** What has no more bytes than this is short, also where its workload is long in the other direction. */
const longTotal = 5_000;

/** Some bytes of many: how many of each direction, and which. The same seed picks the same ones of the same conversation. */
export interface Sample {
  readonly count: number;
  readonly seed: number;
}

/**
 * Picks some of these bytes. What happens at the borders of what is said decides: half are around those of flights, a quarter around those of packets,
 * the rest anywhere.
 */
export function sampleOf(
  { bytes: totals, flights, packets }: Conversation,
  direction: Direction,
  bytes: readonly number[],
  { count, seed }: Sample,
): readonly number[] {
  const around = (borders: readonly number[]) =>
    new Set(
      borders.flatMap((border) => [border - 1, border, border + 1]).filter((at) => at >= 0 && at <= totals[direction]),
    );
  const ends = flights.filter((flight) => flight.direction === direction).map(({ to }) => to);
  const ofFlights = around([0, ...ends]);
  const ofPackets = around(packets[direction]);
  const picked = new Set<number>();
  const pick = (candidates: Iterable<number>, until: number) => {
    const others = [...candidates].filter((byte) => !picked.has(byte));
    const length = Math.max(0, Math.min(until - picked.size, others.length));
    const sizes = { minLength: length, maxLength: length };
    for (const byte of fc.sample(fc.subarray(others, sizes), { seed, numRuns: 1 })[0] ?? []) picked.add(byte);
  };
  pick(ofFlights, Math.ceil(count / 2));
  pick(ofPackets, Math.ceil((count * 3) / 4));
  pick(bytes, count);
  pick([...ofFlights, ...ofPackets], count);
  return [...picked].sort((a, b) => a - b);
}

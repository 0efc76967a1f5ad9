import type { FaultProxy } from '../../support/proxy/fault-proxy.ts';
import type { Direction } from '../../support/proxy/fault-proxy-connection.ts';
import { packetEnds } from './packet-ends.ts';
import type { Place } from './place.ts';
import { wayOf } from './ways.ts';
import { workloadOf } from './workloads.ts';

/** Bytes that go one way, until the other side speaks. */
export interface Flight {
  readonly direction: Direction;
  readonly from: number;
  readonly to: number;
}

/** A conversation that nobody cut. */
export interface Conversation {
  readonly bytes: Readonly<Record<Direction, number>>;
  readonly flights: readonly Flight[];
  /** Where a packet ends, and the next one begins. */
  readonly packets: Readonly<Record<Direction, readonly number[]>>;
}

/** Listens to all that passes through the proxy while `talk` runs. */
export async function listen(proxy: FaultProxy, talk: () => Promise<unknown>): Promise<Conversation> {
  const bytes = { c2s: 0, s2c: 0 };
  const heard: Record<Direction, Buffer[]> = { c2s: [], s2c: [] };
  const flights: Flight[] = [];
  const hear = (direction: Direction) => (chunk: Buffer) => {
    heard[direction].push(chunk);
    const from = bytes[direction];
    bytes[direction] += chunk.length;
    const last = flights.at(-1);
    if (last?.direction === direction) flights[flights.length - 1] = { ...last, to: bytes[direction] };
    else flights.push({ direction, from, to: bytes[direction] });
    return 'forward' as const;
  };
  const stops = [proxy.onClientData(hear('c2s')), proxy.onServerData(hear('s2c'))];
  try {
    await talk();
  } finally {
    for (const stop of stops) stop();
  }
  const packets = { c2s: packetEnds(Buffer.concat(heard.c2s)), s2c: packetEnds(Buffer.concat(heard.s2c)) };
  return { bytes, flights, packets };
}

/**
 * What was lost of the request and the answer between which a conversation was cut.
 *
 * - `request`: the server never had the whole of it, and has not executed it. Who sent it can know that only if the rest never left its own
 *   process: what the kernel took may have arrived.
 * - `answer`: the server had the request, or may have had it, and nothing of its answer came.
 * - `rest of the answer`: a part of the answer came. So the server has executed the request, or refused it.
 */
export type Lost = 'request' | 'answer' | 'rest of the answer';

export const losses: readonly Lost[] = ['request', 'answer', 'rest of the answer'];

export function lostAt({ flights }: Conversation, direction: Direction, byte: number): Lost {
  const flight = flights.find((one) => one.direction === direction && byte >= one.from && byte < one.to);
  if (direction === 'c2s') return flight === undefined || byte === flight.from ? endOfRequest(byte) : 'request';
  return flight === undefined || byte > flight.from ? 'rest of the answer' : 'answer';
}

/** The first byte of a request was the one that could not pass; without a first byte, it is the last of the one before. */
function endOfRequest(byte: number): Lost {
  return byte === 0 ? 'request' : 'answer';
}

/** More than the kernels between a client and its server take, in bytes. */
const kernelBuffers = 10_000_000;

/**
 * Whether somebody who had seen all that this side could see would have known what became of the statement: a part of the answer came; or it
 * could not leave anything behind; or so much of it was never read that the rest is still in its process.
 */
export function isKnowable(conversation: Conversation, { workload, way, direction, byte }: Place): boolean {
  const { effect, handsOver } = workloadOf(workload);
  if (handsOver === true) return false;
  if (effect.rows === 0 && effect.balance === 0) return true;
  if (wayOf(way).when === 'stalled') return conversation.bytes[direction] - byte > kernelBuffers;
  return lostAt(conversation, direction, byte) === 'rest of the answer';
}

import type { WatchOptions } from '../../../src/internal.ts';
import type { Sighting } from './session-identity.ts';

/** What is known of a statement that has had no answer for long. All times on one clock, in milliseconds. */
export interface SilenceFacts {
  /** Since when its session was seen doing nothing, or not at all. */
  readonly idleSince: number | undefined;
  /** Since when its session was missing at its address, and only servers were met there that may be others than its own. */
  readonly elsewhereSince: number | undefined;
  /** Its session was seen on the server that was asked. */
  readonly seen: boolean;
  /** Parts of it may lie in the buffers of the network still, and the server waits for them. */
  readonly mayBeOnItsWay: boolean;
  /** This side has nothing more to send, or the network does not take it: not so while a file for LOAD DATA LOCAL is still being made. */
  readonly hasSent: boolean;
}

/** How the server that was asked is known. */
export interface Reach {
  /** Since when it gives no answer; undefined if it has just given one. */
  readonly unreachableSince: number | undefined;
  /** More than one server was met at its address. */
  readonly hasSeveralServers: boolean;
}

/**
 * - `wait`: the server works on it, or nothing can be known; ask again after `watch.after`.
 * - `confirm`: it looks lost, but the answer may be on its way; ask again after a moment.
 * - `again`: no answer to the question; ask again soon.
 * - `elsewhere`: it may be on another server; ask again soon, on a new connection, which may lead there.
 * - `lost`, `unreachable`: end it.
 */
export type Verdict = 'wait' | 'confirm' | 'again' | 'elsewhere' | 'lost' | 'unreachable';

/** How long an answer may be on its way after its thread went to sleep: one or two retransmissions of TCP. In milliseconds. */
export function momentOf(after: number): number {
  return Math.min(1_000, after / 2);
}

/** More than the buffers of two kernels hold, in bytes: those of Linux grow to 4 MB and 6 MB. */
const mostInBuffers = 8_388_608;

/** So much of it, in bytes, is allowed as much time as an answer: by default some 400 kbit a second. */
const piece = 262_144;

/**
 * How long the network may take for what it holds of a statement after the last of it was seen to leave this process, in milliseconds.
 *
 * @param after of the watch
 */
export function timeForBuffers(bytes: number, after: number): number {
  return (Math.min(bytes, mostInBuffers) / piece) * after;
}

/**
 * Is this statement slow, or is its connection dead? Pure.
 *
 * @param sighting what the server's list of threads says of its session; undefined if there was no answer, `error` if there was another one
 */
export function judgeSilence(
  sighting: Sighting | 'error' | undefined,
  silence: SilenceFacts,
  { unreachableSince, hasSeveralServers }: Reach,
  { after, timeout }: WatchOptions,
  now: number,
): Verdict {
  const isOver = (since: number | undefined) => since !== undefined && now - since >= timeout;
  switch (sighting) {
    case undefined:
      return isOver(unreachableSince) ? 'unreachable' : 'again';
    case 'error':
    case 'unprovable':
    case 'running':
      return 'wait';
    case 'receiving':
      if (!silence.hasSent) return 'wait';
      break;
    case 'hidden':
      if (silence.seen || !hasSeveralServers) return 'wait';
      // The number may be that of a stranger, on another server than its own.
      return isOver(silence.elsewhereSince) ? 'unreachable' : 'elsewhere';
    case 'absent':
      // It may be missing because it is on another server behind the same address: out of reach, when it is never met there.
      if (!silence.seen && hasSeveralServers) return isOver(silence.elsewhereSince) ? 'unreachable' : 'elsewhere';
      break;
    case 'idle':
      // A session that has not read all of its statement yet looks as if it were asleep.
      if (silence.mayBeOnItsWay) return 'wait';
      break;
    default:
      return sighting satisfies never;
  }
  return silence.idleSince !== undefined && now - silence.idleSince >= momentOf(after) ? 'lost' : 'confirm';
}

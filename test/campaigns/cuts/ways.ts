import type { ResilienceOptions } from '../../../src/index.ts';
import type { Break, BreakTime, Direction } from '../../support/proxy/fault-proxy-connection.ts';

/** How a connection is cut, and what its user does about silence. */
export interface Way {
  readonly break: Break;
  /** Default: when both sides have had a chance to read what has passed. */
  readonly when?: BreakTime;
  /** Left out: both. */
  readonly direction?: Direction;
  readonly policy: ResilienceOptions;
  /** How many conversations are under way at a time: those that meet silence mostly wait. */
  readonly lanes: number;
  /** The server has to see where its sessions come from. */
  readonly transparent?: true;
}

/** Retries cost no time, and are never the reason why something fails. */
const untiring: ResilienceOptions = { minTimeout: 0, maxTimeout: 0, budget: false };

export const ways = {
  fin: { break: 'fin', policy: untiring, lanes: 6 },
  rst: { break: 'rst', policy: untiring, lanes: 6 },
  /** Seen by the kernel, and not yet by the process, when it has something to write. */
  refused: { break: 'rst', when: 'at-once', direction: 's2c', policy: untiring, lanes: 6 },
  /** The peer reads no more of a statement, and later ends the connection. */
  'stalled, then fin': { break: 'fin', when: 'stalled', direction: 'c2s', policy: untiring, lanes: 2 },
  'stalled, then rst': { break: 'rst', when: 'stalled', direction: 'c2s', policy: untiring, lanes: 2 },
  'stalled, then given up': {
    break: 'silence',
    when: 'stalled',
    direction: 'c2s',
    policy: { ...untiring, attemptTimeout: 1_000 },
    lanes: 4,
  },
  'stalled, then asked about': {
    break: 'silence',
    when: 'stalled',
    direction: 'c2s',
    policy: { ...untiring, watch: { after: 300, timeout: 1_000 } },
    lanes: 4,
    transparent: true,
  },
  /**
   * Given up by the clock of this side. The server does not see where its sessions come from: a transaction that runs again waits for the
   * locks of the lost one, as often as it may.
   */
  silence: { break: 'silence', policy: { ...untiring, retries: 3, attemptTimeout: 250 }, lanes: 24 },
  /** Given up because the server, when it is asked, does not execute the statement any more, or has not had it at all. */
  'watched silence': {
    break: 'silence',
    policy: { ...untiring, watch: { after: 100, timeout: 1_000 } },
    lanes: 24,
    transparent: true,
  },
} satisfies Record<string, Way>;

export type WayName = keyof typeof ways;

export const wayNames = Object.keys(ways) as readonly WayName[];

export function wayOf(name: WayName): Way {
  return ways[name];
}

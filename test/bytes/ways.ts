import type { RetryPolicyOptions } from '../../src/index.ts';
import type { Break } from '../support/fault-proxy-connection.ts';

/** How a connection is cut, and what its user does about silence. */
export interface Way {
  readonly break: Break;
  readonly policy: RetryPolicyOptions;
  /** How many conversations are under way at a time: those that meet silence mostly wait. */
  readonly lanes: number;
  /** The server has to see where its sessions come from. */
  readonly transparent?: true;
}

/** Retries cost no time, and are never the reason why something fails. */
const untiring: RetryPolicyOptions = { minTimeout: 0, maxTimeout: 0, budget: false };

export const ways = {
  fin: { break: 'fin', policy: untiring, lanes: 6 },
  rst: { break: 'rst', policy: untiring, lanes: 6 },
  /**
   * Given up by the clock of this side. The server does not see where its sessions come from: a transaction that runs again waits for the
   * locks of the lost one, as often as it may.
   */
  silence: { break: 'silence', policy: { ...untiring, retries: 3, attemptTimeout: 250 }, lanes: 24 },
  /** Given up because the server, when it is asked, does not execute the statement any more, or has not had it at all. */
  'watched silence': {
    break: 'silence',
    policy: { ...untiring, watchAfter: 100, watchTimeout: 1_000 },
    lanes: 24,
    transparent: true,
  },
} satisfies Record<string, Way>;

export type WayName = keyof typeof ways;

export const wayNames = Object.keys(ways) as readonly WayName[];

export function wayOf(name: WayName): Way {
  return ways[name];
}

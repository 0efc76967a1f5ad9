import { BesideErrors } from './beside-errors.ts';
import type { Failure } from './failure.ts';

/**
 * What became of the server's thread of a lost session.
 *
 * - `gone`: it does not run any more. What it had not committed is undone, and its locks are free.
 * - `not-ours`: nothing proves that it is the one that was lost (behind a proxy, for example). It was left alone.
 * - `unreachable`: the server could not be asked in time, or the thread was stopped and did not end in time.
 */
export type KillResult = 'gone' | 'not-ours' | 'unreachable';

export interface KillLimits {
  /** On `performance.now()`'s clock, in milliseconds: after this the answer is `unreachable`. */
  readonly until: number;
  /** Ends the wait; the answer is `unreachable` then. */
  readonly signal: AbortSignal | undefined;
  /** A server that cannot be asked, because it refuses connections or says nothing, is asked again until then. */
  readonly insists: boolean;
}

/** Makes sure that the session on which something failed does not run any more. Never rejects, and may be called again. */
export type KillSession = (limits: KillLimits) => Promise<KillResult>;

/** How long work waits for a KILL that it could do without, in milliseconds. A thread that can be stopped is gone in a few. */
export const killTimeout = 1_000;

const kills = new BesideErrors<KillSession>('kill');

/** Remembers how to stop what the session that failed with this error may still be doing. */
export function attachKill(error: unknown, kill: KillSession): void {
  kills.set(error, kill);
}

/** How to stop what the session may still be doing that this error, or one that caused it, comes from; undefined if there is nothing to stop. */
export function killOf(error: unknown): KillSession | undefined {
  return kills.find(error);
}

/** The failure with what became of its session's thread. Pure. */
export function afterKill(failure: Failure, result: KillResult): Failure {
  switch (result) {
    case 'gone':
      return Object.freeze({ ...failure, stillRunning: false, reason: `${failure.reason}; its thread is gone` });
    case 'unreachable': {
      if (failure.outcome !== 'unknown') return failure;
      const reason = `${failure.reason}; the server could not be asked whether it still executes it`;
      return Object.freeze({ ...failure, stillRunning: true, reason });
    }
    case 'not-ours':
      return failure;
    default:
      return result satisfies never;
  }
}

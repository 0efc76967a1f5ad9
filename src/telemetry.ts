import { channel } from 'node:diagnostics_channel';
import type { Failure } from './failure.ts';
import type { KillResult } from './kill.ts';

/** A failed attempt is about to be followed by another. */
export interface RetryEvent {
  /** The attempt that failed; the first one is 1. */
  readonly attempt: number;
  /** How many extra attempts are left after the one about to be made. */
  readonly retriesLeft: number;
  /** Milliseconds that are waited before the next attempt. */
  readonly delayMs: number;
  readonly failure: Failure;
}

/** The caller is about to get an error for something that was safe to retry. */
export interface RetriesExhaustedEvent {
  readonly attempts: number;
  readonly elapsedMs: number;
  readonly reason: 'retries' | 'losses' | 'deadline' | 'budget';
  readonly failure: Failure;
}

/** The caller is about to be told that nobody can know whether the work was applied. */
export interface OutcomeUnknownEvent {
  readonly attempts: number;
  readonly elapsedMs: number;
  readonly failure: Failure;
}

/** A pooled connection was destroyed. */
export interface EvictEvent {
  readonly reason: 'lifetime' | 'idle' | 'server' | 'suspect' | 'lost' | 'dirty' | 'abandoned';
  /** The server's thread id, where the handshake had told it. */
  readonly threadId: number | undefined;
}

/** The server stopped to accept connections. */
export interface ServerDownEvent {
  /** How the attempt to connect failed that showed it. */
  readonly failure: Failure;
}

/** The server accepts connections again. */
export interface ServerUpEvent {
  /** For how long it had not, in milliseconds, as far as this pool saw it. */
  readonly downForMs: number;
}

/** The server's thread of a lost session was looked for, to stop it. */
export interface SessionKilledEvent {
  readonly threadId: number | undefined;
  /**
   * `gone`: it does not run any more; `not-ours`: not provably the one that was lost, and left alone; `unreachable`: nobody
   * answered in time, and it is asked for again in the background; another event tells if that comes to something.
   */
  readonly result: KillResult;
  readonly elapsedMs: number;
}

/** A COMMIT that had no answer was looked into (`exactlyOnce`). */
export interface CommitSettledEvent {
  readonly outcome: 'committed' | 'rolled-back' | 'unknown';
  /** How often the server was asked. */
  readonly questions: number;
  readonly elapsedMs: number;
}

/** Every `node:diagnostics_channel` name of this package, with what is published on it. Nothing is built when nobody listens. */
export interface ChannelPayloads {
  'gone-away:retry': RetryEvent;
  'gone-away:retries-exhausted': RetriesExhaustedEvent;
  'gone-away:outcome-unknown': OutcomeUnknownEvent;
  'gone-away:evict': EvictEvent;
  'gone-away:server-down': ServerDownEvent;
  'gone-away:server-up': ServerUpEvent;
  'gone-away:server-refuses': ServerDownEvent;
  'gone-away:server-accepts': ServerUpEvent;
  'gone-away:session-killed': SessionKilledEvent;
  'gone-away:commit-settled': CommitSettledEvent;
}

export type ChannelName = keyof ChannelPayloads;

/** Publishes when somebody listens. `payload` is a function so that nobody pays for an event that nobody reads. */
export function publish<N extends ChannelName>(name: N, payload: () => ChannelPayloads[N]): void {
  const target = channel(name);
  if (target.hasSubscribers) target.publish(payload());
}

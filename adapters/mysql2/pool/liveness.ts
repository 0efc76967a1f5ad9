import type { PoolConnection } from 'mysql2';
import { type EvictEvent, type LivenessOptions, timers } from '../../../src/internal.ts';
import { destroyConnection, turnsToNoticeEnd } from '../driver/connection.ts';
import { bounded, type WaitLimits } from '../wait/bounded.ts';
import type { Generation } from './generation.ts';
import type { PooledConnection } from './pooled-connection.ts';

/** What a checkout has to do before this connection may be used. */
export type Trust =
  | { readonly action: 'use' | 'await-turns' | 'ping' }
  | { readonly action: 'evict'; readonly reason: EvictEvent['reason'] };

interface Pinged extends Pick<PooledConnection, 'isLost' | 'proven'> {
  readonly core: Pick<PoolConnection, 'ping' | 'destroy'>;
}

type Judged = Pick<PooledConnection, 'expiresAt' | 'lastUsedAt' | 'madeIn' | 'isLost' | 'isDirty' | 'isSuspect'>;

/**
 * The liveness ladder: cheapest certainty first. Pure.
 *
 * @param now wall clock, in milliseconds; a clock that was set back counts as an unknown idle time
 */
export function judgeLiveness(
  connection: Judged,
  generation: Pick<Generation, 'number'>,
  options: LivenessOptions,
  now: number,
): Trust {
  if (connection.isLost) return { action: 'evict', reason: 'lost' };
  // Somebody has gone on with it after it was given back.
  if (connection.isDirty) return { action: 'evict', reason: 'dirty' };
  if (now >= connection.expiresAt) return { action: 'evict', reason: 'lifetime' };
  const idle = now - connection.lastUsedAt;
  if (idle > options.idleTimeout) return { action: 'evict', reason: 'idle' };
  if (connection.madeIn < generation.number) return { action: 'evict', reason: 'server' };
  if (connection.isSuspect) return { action: 'ping' };
  return { action: idle < 0 || idle > options.trustIdleFor ? 'await-turns' : 'use' };
}

/**
 * Lets the event loop turn until an end of the stream that the kernel already knows has been seen. No round trip.
 *
 * @returns whether the connection is still good
 */
export async function awaitEventLoopTurns(connection: Pick<PooledConnection, 'core' | 'isLost'>): Promise<boolean> {
  for (let turns = turnsToNoticeEnd(connection.core); turns > 0; turns -= 1) {
    await new Promise<void>((resolve) => timers.setImmediate(resolve));
  }
  return !connection.isLost;
}

/**
 * One ping of a suspect connection, bounded by its own timeout and by the limits of the call that it is made for.
 *
 * @throws what the call's own limits throw
 */
export async function pingOnce(
  connection: Pinged,
  timeout: number,
  limits: WaitLimits,
): Promise<'alive' | 'lost' | 'silent'> {
  const silence = Symbol('no answer to a ping');
  const { now = timers.now } = limits;
  const ownUntil = now() + timeout;
  const ownLimits = ownUntil < limits.until ? { ...limits, until: ownUntil, timedOut: () => silence } : limits;
  try {
    const answered = await bounded<boolean>(ownLimits, ({ resolve }) => {
      connection.core.ping((error: unknown) => resolve(error === null || error === undefined));
    });
    if (!answered || connection.isLost) return 'lost';
    connection.proven();
    return 'alive';
  } catch (error) {
    if (error === silence) return 'silent';
    // The call gave up; a connection that owes an answer must not go to the next one.
    destroyConnection(connection.core);
    throw error;
  }
}

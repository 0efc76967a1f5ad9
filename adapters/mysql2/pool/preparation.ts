import type { Pool } from 'mysql2';
import type { WatchOptions } from '../../../src/internal.ts';
import type { Session } from '../control/session-identity.ts';
import type { Watched } from '../control/statement-watch.ts';
import { cutConnection, hasRunningCommand, probePath } from '../driver/connection.ts';
import { whenQuiet } from '../driver/when-quiet.ts';
import type { Unanswered } from '../driver/wire.ts';
import { bounded, type WaitLimits } from '../wait/bounded.ts';
import { Link } from '../wait/linked-list.ts';
import type { PooledConnection } from './pooled-connection.ts';

/** Whether listeners of the pool's events may send something on each new connection, or destroy it. */
export function preparesConnections(pool: Pool): boolean {
  return pool.listenerCount('connection') > 0 || pool.listenerCount('acquire') > 0;
}

/** Whether listeners of the pool's events may be at work on a connection that was just taken out of it. */
export function mayBePreparing({ core, isNew }: PooledConnection, pool: Pool): boolean {
  return hasRunningCommand(core) || (isNew && pool.listenerCount('connection') > 0);
}

/**
 * Waits until the listeners of the pool's events have sent all that they send one after the other, and it was answered; or until the connection is lost. What they
 * have set then is how the sessions of this pool are meant to be.
 *
 * @throws what `timedOut` makes; the signal's reason
 */
export async function untilPrepared(pooled: PooledConnection, pool: Pool, limits: WaitLimits): Promise<void> {
  // What is under way on a connection that was used before may also be a query of somebody who did not wait for it.
  const isPreparation = pooled.isNew || pool.listenerCount('acquire') > 0;
  let stopWaiting: (() => void) | undefined;
  try {
    await bounded<void>(limits, ({ resolve }) => {
      stopWaiting = whenQuiet(pooled.core, resolve);
    });
  } finally {
    stopWaiting?.();
  }
  if (isPreparation) pooled.state.prepared();
}

/** For the watch: what a listener waits for may never be answered. */
export function watchedPreparation(pooled: PooledConnection, watch: WatchOptions | false): Watched {
  return new Preparation(pooled, watch);
}

class Preparation extends Link implements Watched {
  readonly #pooled: PooledConnection;
  readonly watch: WatchOptions | false;

  constructor(pooled: PooledConnection, watch: WatchOptions | false) {
    super();
    this.#pooled = pooled;
    this.watch = watch;
  }

  get session(): Session {
    return this.#pooled.session;
  }

  unanswered(): Unanswered | undefined {
    return this.#pooled.unanswered();
  }

  probePath(idle: number): void {
    probePath(this.#pooled.core, idle);
  }

  cut(error: Error): void {
    cutConnection(this.#pooled.core, error);
  }
}

import { type RetryPolicy, stuckAfter, timers } from '../../../src/internal.ts';
import {
  createClient,
  cutConnections,
  makePool,
  type PoolRecipe,
  policyFor,
  type ResilientClient,
} from '../../mysql2/binding.ts';

/** A pool that Prisma works on, or is about to. */
export interface OpenedPool {
  readonly client: ResilientClient;
  /** Ends it in good order, if it was made for Prisma. */
  close(): Promise<void>;
  /** Ends it at once, where nobody has anything under way on it. Nobody waits for that: a handshake without an answer may last. */
  abandon(): void;
}

/** One that somebody has handed over, and goes on with. */
export function sharedPool(client: ResilientClient): OpenedPool {
  return { client, close: async () => {}, abandon: () => {} };
}

/** One that is made for Prisma alone. */
export function openPool(recipe: PoolRecipe, policy: RetryPolicy | undefined): OpenedPool {
  const pool = makePool(recipe);
  const client = createClient(pool, policyFor(recipe, policy)) as ResilientClient;
  /** Waits for what is still running, as mysql2 does, but not for ever: a server that is frozen or cut off would never let go. */
  const close = async () => {
    const timer = timers.setTimeout(() => cutConnections(client.pool), stuckAfter(client.policy));
    try {
      await pool.end();
    } catch {
      // A connection that cannot be closed in good order is closed all the same.
    } finally {
      timers.clearTimeout(timer);
    }
  };
  const abandon = () => {
    cutConnections(client.pool);
    void close();
  };
  return { client, close, abandon };
}

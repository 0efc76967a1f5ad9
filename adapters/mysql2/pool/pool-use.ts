import type { Patience, RetryPolicy } from '../../../src/internal.ts';
import type { PoolCore } from './pool-core.ts';

/** A pool, and the policy to use it with. */
export interface PoolUse {
  readonly core: PoolCore;
  readonly policy: RetryPolicy;
  /** mysql2's own `timeout` of the statement that all this is for, in milliseconds: what gone-away sends around it is waited for no longer. Left out: none. */
  readonly timeout?: number | undefined;
  /** Told of the patience of a transaction before each of its runs. */
  readonly onRun?: (patience: Patience) => void;
}

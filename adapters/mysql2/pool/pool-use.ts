import type { RetryPolicy } from '../../../src/internal.ts';
import type { PoolCore } from './pool-core.ts';

/** A pool, and the policy to use it with. */
export interface PoolUse {
  readonly core: PoolCore;
  readonly policy: RetryPolicy;
}

import { callPolicy, type RetryPolicy, retryPolicy } from '../../../src/internal.ts';
import type { PoolRecipe } from './pool-recipe.ts';

/** A policy with the limits of a URL where it has none of its own. */
export function policyFor({ limits }: Pick<PoolRecipe, 'limits'>, policy: RetryPolicy = retryPolicy()): RetryPolicy {
  const { acquireTimeout = limits.acquireTimeout, attemptTimeout = limits.attemptTimeout } = policy;
  if (acquireTimeout === policy.acquireTimeout && attemptTimeout === policy.attemptTimeout) return policy;
  return callPolicy(policy, { acquireTimeout, attemptTimeout });
}

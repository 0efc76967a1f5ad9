import { expect, it } from 'vitest';
import { policyFor } from '../../../../../adapters/mysql2/source/policy-for.ts';
import { retryPolicy } from '../../../../../src/index.ts';

const limits = { acquireTimeout: 2_000, attemptTimeout: 3_000 };

it('the limits of a URL are for what the policy does not limit', () => {
  expect(policyFor({ limits })).toEqual({ ...retryPolicy(), ...limits });
  expect(policyFor({ limits }, retryPolicy({ acquireTimeout: 5, retries: 1 }))).toEqual(
    retryPolicy({ retries: 1, acquireTimeout: 5, attemptTimeout: 3_000 }),
  );
});

it('without limits a policy stays the very same', () => {
  const policy = retryPolicy({ retries: 1 });
  expect(policyFor({ limits: {} }, policy)).toBe(policy);
  expect(policyFor({ limits: { acquireTimeout: undefined } }, policy)).toBe(policy);
});

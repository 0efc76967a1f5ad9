import { expect, test } from 'vitest';
import { failureOf } from '../../../src/classify.ts';
import { AcquireTimeoutError, RetriesExhaustedError } from '../../../src/errors.ts';
import { neverAcquired } from '../../../src/evidence.ts';
import { isGivenUp } from '../../../src/given-up.ts';

const failure = failureOf(
  { proof: 'not-executed', kind: 'read-only', invalidates: 'server', source: 'test' },
  neverAcquired,
);
const details = { failure, attempts: 2, elapsedMs: 1_000 };

test('what was retried to the end is given up, also as the cause of another error', () => {
  const exhausted = new RetriesExhaustedError('test', { ...details, errors: [] });
  expect(isGivenUp(exhausted)).toBe(true);
  expect(isGivenUp(new Error('of an ORM', { cause: exhausted }))).toBe(true);
});

test.each([
  ['the error of one attempt', Object.assign(new Error('read-only'), { errno: 1290 })],
  ['a wait for a connection', new AcquireTimeoutError('test', details)],
  ['nothing at all', undefined],
])('%s is not', (_, error) => {
  expect(isGivenUp(error)).toBe(false);
});

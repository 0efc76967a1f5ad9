import { describe, expect, it } from 'vitest';
import {
  type AcquireTimeoutFacts,
  acquireTimeoutError,
} from '../../../../../adapters/mysql2/pool/acquire-timeout-error.ts';
import { AcquireTimeoutError, classify } from '../../../../../src/internal.ts';

const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' });
const whileUp: AcquireTimeoutFacts = {
  elapsedMs: 99.6,
  connectionLimit: 10,
  lastError: undefined,
  lastFailure: undefined,
};
const whileDown = { ...whileUp, lastError: refused, lastFailure: classify(refused) };

describe('the error for a call that got no connection in time', () => {
  it.each([
    {
      title: 'a pool whose connections are all in use',
      facts: whileUp,
      message:
        'No connection within 100 ms (`acquireTimeout`): no connection of the pool became free (it has 10 at most), and no new one was ready. Nothing was sent.',
    },
    {
      title: 'a pool without a limit',
      facts: { ...whileUp, connectionLimit: Number.POSITIVE_INFINITY },
      message:
        'No connection within 100 ms (`acquireTimeout`): no connection of the pool became free, and no new one was ready. Nothing was sent.',
    },
    {
      title: 'a server that is down',
      facts: whileDown,
      message: 'No connection within 100 ms (`acquireTimeout`): connecting fails (ECONNREFUSED). Nothing was sent.',
    },
    {
      title: 'a server whose failure has a number only',
      facts: { ...whileDown, lastFailure: { ...classify(refused), code: undefined, errno: 1040 } },
      message: 'No connection within 100 ms (`acquireTimeout`): connecting fails (1040). Nothing was sent.',
    },
    {
      title: 'a server whose failure has no code at all',
      facts: { ...whileDown, lastFailure: { ...classify(refused), code: undefined, errno: undefined } },
      message: 'No connection within 100 ms (`acquireTimeout`): connecting fails (connect). Nothing was sent.',
    },
  ])('says what was in the way: $title', ({ facts, message }) => {
    expect(acquireTimeoutError(facts).message).toBe(message);
  });

  it('proves that nothing was executed, and carries why connecting failed', () => {
    const error = acquireTimeoutError(whileDown);
    expect(error).toBeInstanceOf(AcquireTimeoutError);
    expect(error).toMatchObject({ attempts: 1, elapsedMs: 99.6, cause: refused });
    expect(error.failure).toMatchObject({ kind: 'acquire-timeout', outcome: 'not-executed', invalidates: 'nothing' });
  });
});

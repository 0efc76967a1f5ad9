import { describe, expect, it } from 'vitest';
import {
  type AcquireTimeoutFacts,
  acquireTimeoutError,
} from '../../../../../adapters/mysql2/pool/acquire-timeout-error.ts';
import { AcquireTimeoutError, classify } from '../../../../../src/internal.ts';

const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' });
const leaked: AcquireTimeoutFacts = {
  policy: { acquireTimeout: 100, maxRetryTime: 60_000, retries: 10 },
  elapsedMs: 99.6,
  address: 'db:3306',
  awayForMs: undefined,
  connectingForMs: undefined,
  asksForCredentials: false,
  held: 10,
  handedOut: 3,
  heldForMs: 60_000.4,
  idleForMs: 100.4,
  connectionLimit: 10,
  lastError: undefined,
  lastFailure: undefined,
};
const away = { ...leaked, awayForMs: 99, lastError: refused, lastFailure: classify(refused) };
const nothing = 'Nothing was sent.';

describe('the error for a call that got no connection in time', () => {
  it.each([
    {
      title: 'connections that nobody gives back',
      facts: leaked,
      why: '10 of 10 connections are held (3 by getConnection(), 7 by statements and transactions), the longest for 60000 ms, none came back, and nothing happened on any for 100 ms (`acquireTimeout: 100`)',
    },
    {
      title: 'connections on which the server is at work, where that was not to be waited for',
      facts: { ...leaked, heldForMs: undefined, idleForMs: 0 },
      why: '10 of 10 connections are held (3 by getConnection(), 7 by statements and transactions), none came back (`acquireTimeout: 100`)',
    },
    {
      title: 'connections that were taken past this package',
      facts: { ...leaked, held: 0, handedOut: 0 },
      why: 'all connections are held by somebody who has not taken them through gone-away, and none came back (`acquireTimeout: 100`)',
    },
    {
      title: 'a pool without a limit',
      facts: { ...leaked, connectionLimit: Number.POSITIVE_INFINITY },
      why: '10 connections are held (3 by getConnection(), 7 by statements and transactions), the longest for 60000 ms, none came back, and nothing happened on any for 100 ms (`acquireTimeout: 100`)',
    },
    {
      title: 'a server that is away',
      facts: away,
      why: 'the server at db:3306 has been away for 99 ms (ECONNREFUSED), and `maxRetryTime: 60000` waits no longer',
    },
    {
      title: 'a server that is away, for a call without retries',
      facts: { ...away, policy: { ...leaked.policy, retries: 0 } },
      why: 'the server at db:3306 has been away for 99 ms (ECONNREFUSED), and `retries: 0` waits no longer',
    },
    {
      title: 'a server that refuses, whose failure has a number only',
      facts: { ...away, lastFailure: classify(Object.assign(new Error('made up'), { errno: 1040 })) },
      why: 'the server at db:3306 has refused connections for 99 ms (1040), and `maxRetryTime: 60000` waits no longer',
    },
    {
      title: 'a server whose failure has no code at all',
      facts: { ...away, lastFailure: { ...classify(refused), code: undefined, errno: undefined } },
      why: 'the server at db:3306 has been away for 99 ms (connect), and `maxRetryTime: 60000` waits no longer',
    },
    {
      title: 'a path that swallows everything',
      facts: { ...leaked, connectingForMs: 98.7 },
      why: 'the server at db:3306 has not answered an attempt to connect for 99 ms (`maxRetryTime: 60000`)',
    },
  ])('says what was in the way, and which option limited the wait: $title', ({ facts, why }) => {
    expect(acquireTimeoutError(facts).message).toBe(`No connection within 100 ms: ${why}. ${nothing}`);
  });

  it('carries that the handshake is still pending, where nothing has failed yet', () => {
    const { cause } = acquireTimeoutError({ ...leaked, connectingForMs: 98.7 });
    expect(String(cause)).toBe(
      'Error: The handshake with db:3306 is still pending after 99 ms: nothing has failed yet',
    );
    expect(acquireTimeoutError(leaked).cause).toBeUndefined();
    expect(acquireTimeoutError({ ...away, connectingForMs: 98.7 }).cause).toBe(refused);
  });

  it('proves that nothing was executed, and carries why connecting failed', () => {
    const error = acquireTimeoutError(away);
    expect(error).toBeInstanceOf(AcquireTimeoutError);
    expect(error).toMatchObject({ attempts: 1, elapsedMs: 99.6, cause: refused });
    expect(error.failure).toMatchObject({ kind: 'acquire-timeout', outcome: 'not-executed', invalidates: 'nothing' });
  });
});

import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { PoolConnection } from 'mysql2';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { awaitEventLoopTurns, judgeLiveness, pingOnce } from '../../../../../adapters/mysql2/pool/liveness.ts';
import { retryPolicy } from '../../../../../src/internal.ts';
import { limitsOf, passTime, timedOut } from '../../../../support/wait-limits.ts';

const now = 1_000_000;
const trustIdleFor = 100;
const idleTimeout = 1_000;
const { liveness } = retryPolicy({ liveness: { trustIdleFor, idleTimeout } });
const generation = { number: 3 };

/** As good as a connection can be. */
const good = {
  isLost: false,
  isDirty: false,
  expiresAt: now + 1,
  lastUsedAt: now,
  madeIn: generation.number,
  isSuspect: false,
};

/** What is wrong with a connection, the gravest first, and what a checkout does then. */
const ladder = [
  { wrong: { isLost: true }, trust: { action: 'evict', reason: 'lost' } },
  { wrong: { isDirty: true }, trust: { action: 'evict', reason: 'dirty' } },
  { wrong: { expiresAt: now }, trust: { action: 'evict', reason: 'lifetime' } },
  { wrong: { lastUsedAt: now - idleTimeout - 1 }, trust: { action: 'evict', reason: 'idle' } },
  { wrong: { madeIn: generation.number - 1 }, trust: { action: 'evict', reason: 'server' } },
  { wrong: { isSuspect: true }, trust: { action: 'ping' } },
  { wrong: { lastUsedAt: now - trustIdleFor - 1 }, trust: { action: 'await-turns' } },
  { wrong: {}, trust: { action: 'use' } },
];

describe('the liveness ladder', () => {
  it.each(ladder)('answers $wrong with $trust', ({ wrong, trust }) => {
    expect(judgeLiveness({ ...good, ...wrong }, generation, liveness, now)).toEqual(trust);
  });

  it.each(ladder.map((rung, place) => ({ ...rung, lesser: ladder.slice(place).map(({ wrong }) => wrong) })))(
    'answers $wrong with $trust, whatever lesser thing is wrong as well',
    ({ lesser, trust }) => {
      // The gravest is written last: two rungs speak of the same property.
      const connection = Object.assign({ ...good }, ...lesser.toReversed());
      expect(judgeLiveness(connection, generation, liveness, now)).toEqual(trust);
    },
  );

  it.each([
    { title: 'has a millisecond left to live', connection: { expiresAt: now + 1 }, action: 'use' },
    { title: 'was idle for exactly `trustIdleFor`', connection: { lastUsedAt: now - trustIdleFor }, action: 'use' },
    {
      title: 'was idle for exactly `idleTimeout`',
      connection: { lastUsedAt: now - idleTimeout },
      action: 'await-turns',
    },
    {
      title: 'was used in the future: a clock was set back',
      connection: { lastUsedAt: now + 1 },
      action: 'await-turns',
    },
    {
      title: 'was used nobody knows when',
      connection: { lastUsedAt: Number.POSITIVE_INFINITY },
      action: 'await-turns',
    },
    { title: 'is newer than the generation', connection: { madeIn: generation.number + 1 }, action: 'use' },
  ])('answers a connection that $title with $action', ({ connection, action }) => {
    expect(judgeLiveness({ ...good, ...connection }, generation, liveness, now)).toEqual({ action });
  });
});

describe('the turns of the event loop', () => {
  /** A connection that is found dead in the nth turn from now. */
  function connectionThatEnds(turn: number, stream: Socket) {
    const connection = { core: { stream } as unknown as PoolConnection, isLost: false };
    const letLoopTurn = (left: number) => {
      setImmediate(() => {
        if (left > 1) letLoopTurn(left - 1);
        else connection.isLost = true;
      });
    };
    letLoopTurn(turn);
    return connection;
  }

  it.each([
    { over: 'plain TCP', stream: () => new Socket(), turns: 2 },
    { over: 'TLS', stream: () => new TLSSocket(new Socket()), turns: 3 },
  ])('are $turns over $over, and show an end that is seen in them', async ({ stream, turns }) => {
    for (let turn = 1; turn <= turns; turn += 1) {
      expect(await awaitEventLoopTurns(connectionThatEnds(turn, stream()))).toBe(false);
    }
    expect(await awaitEventLoopTurns(connectionThatEnds(turns + 1, stream()))).toBe(true);
  });
});

describe('a ping of a suspect connection', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  /** A connection whose ping is answered when the test says so. */
  function suspect() {
    let answer: (error: unknown) => void = () => {
      throw new Error('nobody has pinged');
    };
    const ping = vi.fn((callback?: (error: unknown) => void) => {
      answer = callback ?? answer;
    });
    const connection = {
      isLost: false,
      proven: vi.fn(),
      core: { ping: ping as PoolConnection['ping'], destroy: vi.fn() },
    };
    return { connection, ping, answer: (error: unknown) => answer(error) };
  }

  it.each([null, undefined])('that is answered is proof, and the only one sent (%s)', async (noError) => {
    const { connection, ping, answer } = suspect();
    const result = pingOnce(connection, 100, limitsOf());
    answer(noError);
    expect(await result).toBe('alive');
    expect(connection.proven).toHaveBeenCalledTimes(1);
    expect(ping).toHaveBeenCalledTimes(1);
    expect(connection.core.destroy).not.toHaveBeenCalled();
  });

  it('that fails shows a lost connection, and proves nothing', async () => {
    const { connection, answer } = suspect();
    const result = pingOnce(connection, 100, limitsOf());
    answer(new Error('closed'));
    expect(await result).toBe('lost');
    expect(connection.proven).not.toHaveBeenCalled();
  });

  it('whose connection ends with the answer proves nothing', async () => {
    const { connection, answer } = suspect();
    const result = pingOnce(connection, 100, limitsOf());
    answer(null);
    connection.isLost = true;
    expect(await result).toBe('lost');
    expect(connection.proven).not.toHaveBeenCalled();
  });

  it('that has no answer within its own timeout shows silence; an answer after that proves nothing', async () => {
    const { connection, answer } = suspect();
    const result = pingOnce(connection, 100, limitsOf());
    passTime(100);
    expect(await result).toBe('silent');
    answer(null);
    expect(connection.proven).not.toHaveBeenCalled();
  });

  it('has its full timeout', async () => {
    const { connection, answer } = suspect();
    const result = pingOnce(connection, 100, limitsOf());
    passTime(99);
    answer(null);
    expect(await result).toBe('alive');
  });

  it("ends with the call's own time where that is sooner, and nobody gets the connection that owes an answer", async () => {
    const { connection } = suspect();
    const result = pingOnce(connection, 1_000, limitsOf({ within: 100 }));
    passTime(100);
    await expect(result).rejects.toBe(timedOut);
    expect(connection.core.destroy).toHaveBeenCalledTimes(1);
  });

  it("ends with the call's signal, and nobody gets the connection that owes an answer", async () => {
    const { connection } = suspect();
    const caller = new AbortController();
    const reason = new Error('left');
    const result = pingOnce(connection, 100, limitsOf({ signal: caller.signal }));
    caller.abort(reason);
    await expect(result).rejects.toBe(reason);
    expect(connection.core.destroy).toHaveBeenCalledTimes(1);
  });
});

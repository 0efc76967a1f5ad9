import { describe, expect, it } from 'vitest';
import { AcquireLimits, type PoolMovement } from '../../../../../adapters/mysql2/pool/acquire-limits.ts';
import { Patience, type ResilienceOptions, retryPolicy } from '../../../../../src/internal.ts';

type Movement = Partial<Omit<PoolMovement, 'look' | 'lastWorkAt'>> & { readonly lastWorkAt?: number };

/** A call that began to wait at 1,000 on a clock that stands at `now`. */
function waiting(options: ResilienceOptions, movement: Movement, now: number, given?: Patience) {
  const clock = { now: 1_000 };
  const policy = retryPolicy(options);
  const patience = given ?? new Patience(() => clock.now, policy);
  const { lastWorkAt = 0, ...rest } = movement;
  const pool = {
    awaySince: undefined,
    connectingSince: undefined,
    lastReturnAt: 0,
    ...rest,
    look: () => {},
    lastWorkAt: () => lastWorkAt,
  };
  const limits = new AcquireLimits(
    pool,
    policy,
    patience,
    () => clock.now,
    () => new Error('over'),
  );
  clock.now = now;
  return limits;
}

const options = { acquireTimeout: 100, maxRetryTime: 500 };

describe('until when a call waits for a connection', () => {
  it.each<[string, ResilienceOptions, Movement, number, number]>([
    ['nothing came back', options, {}, 1_050, 1_100],
    ['one came back', options, { lastReturnAt: 1_090 }, 1_100, 1_190],
    ['the server is at work, where `acquireTimeout` is set', options, { lastWorkAt: 1_100 }, 1_100, 1_100],
    ['the server is at work', { maxRetryTime: 500 }, { lastWorkAt: 31_000 }, 31_000, 61_000],
    ['nobody does anything', { maxRetryTime: 500 }, { lastWorkAt: 1_000 }, 31_000, 31_000],
    ['the server was away before', options, { awaySince: 200 }, 1_050, 1_500],
    ['the server went away meanwhile', options, { awaySince: 1_040 }, 1_050, 1_540],
    ['a new connection is being made', options, { connectingSince: 1_020 }, 1_050, 1_520],
  ])('%s', (_, policy, movement, now, until) => {
    expect(waiting(policy, movement, now).until).toBe(until);
  });

  it('ends with a limit of the caller’s own, whatever moves', () => {
    const patience = new Patience(() => 1_000, retryPolicy({}));
    patience.endBy(1_700, () => new Error('own'));
    expect(waiting({}, {}, 1_100, patience).until).toBe(1_700);
    expect(waiting({}, { awaySince: 900 }, 1_100, patience).until).toBe(1_700);
  });

  it('is not asked again and again by a call without patience, which may wait in a pool that moves', () => {
    expect(waiting({ maxRetryTime: 0 }, {}, 1_000).recheck).toBe(100);
    expect(waiting({ maxRetryTime: 500 }, {}, 1_000).recheck).toBe(500);
  });

  it('is asked again soon enough to see what moves meanwhile, while the server is there', () => {
    expect(waiting({}, {}, 1_000).recheck).toBe(7_500);
    expect(waiting({ acquireTimeout: 1_000 }, {}, 1_000).recheck).toBe(250);
    expect(waiting({ acquireTimeout: 1_000 }, { awaySince: 900 }, 1_000).recheck).toBe(60_000);
    expect(waiting({ acquireTimeout: 1_000 }, { connectingSince: 900 }, 1_000).recheck).toBe(60_000);
  });
});

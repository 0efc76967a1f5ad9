import { describe, expect, it } from 'vitest';
import { ProbePause, probePause } from '../../../../../adapters/mysql2/wait/probe-pause.ts';
import { classify, type Failure } from '../../../../../src/internal.ts';

const failureOf = (facts: { readonly code?: string; readonly errno?: number }): Failure =>
  classify(Object.assign(new Error('made up'), facts, facts.errno === undefined && { syscall: 'connect' }));

const closed: readonly [string, Failure][] = [
  ['nobody listens at the port', failureOf({ code: 'ECONNREFUSED' })],
  ['there is no socket file', failureOf({ code: 'ENOENT' })],
];
const away: readonly [string, Failure][] = [
  ['no way to it', failureOf({ code: 'EHOSTUNREACH' })],
  ['the handshake was broken off', failureOf({ code: 'ECONNRESET' })],
  ['a shutdown that is under way (1053)', failureOf({ errno: 1053 })],
];
const refusing: readonly [string, Failure][] = [
  ['too many connections (1040)', failureOf({ errno: 1040 })],
  ['too many connections of this user (1203)', failureOf({ errno: 1203 })],
  ['offline_mode (3032)', failureOf({ errno: 3032 })],
  ['read-only (1836)', failureOf({ errno: 1836 })],
];

/** How often a server is asked in so many milliseconds after it was noticed, with this number drawn each time; and when. */
function questionsIn(ms: number, failure: Failure, random: number): readonly number[] {
  let now = 0;
  const pause = new ProbePause({ now: () => now, random: () => random });
  const asked: number[] = [];
  for (;;) {
    pause.failed(failure);
    now = Math.max(now + 1, pause.until);
    if (now > ms) return asked;
    asked.push(now);
  }
}

describe('the pause before a server is asked again', () => {
  it.each(refusing)(
    'grows where it answers and refuses, so that it is asked nine times at most in eight seconds: %s',
    (_, failure) => {
      for (const random of [0, 0.5, 0.999_999]) {
        const { length } = questionsIn(8_000, failure, random);
        expect(length).toBeGreaterThanOrEqual(7);
        expect(length).toBeLessThanOrEqual(9);
      }
    },
  );

  it.each(refusing)(
    'is at most a second and a quarter in the first five, then a quarter of the time, and never more than five: %s',
    (_, failure) => {
      const longest = (lastedMs: number) => probePause(failure, 100, lastedMs, () => 0);
      expect([0, 4_000, 8_000, 20_000, 3_600_000].map(longest)).toEqual([1_250, 1_250, 2_000, 5_000, 5_000]);
      expect([1, 2, 3].map((probe) => probePause(failure, probe, 0, () => 0))).toEqual([100, 400, 1_250]);
    },
  );

  it.each(refusing)('is never shorter than three quarters of that: %s', (_, failure) => {
    expect(probePause(failure, 100, 8_000, () => 0.999_999)).toBeCloseTo(1_500, 0);
  });

  it.each(closed)(
    'is 10 to 20 ms for five seconds, then a fiftieth of the time, and half a second at most: %s',
    (_, failure) => {
      const pauses = (random: number) =>
        [0, 4_999, 5_000, 10_000, 3_600_000].map((lastedMs) => probePause(failure, 100, lastedMs, () => random));
      expect(pauses(0)).toEqual([20, 20, 100, 200, 500]);
      expect(pauses(1)).toEqual([10, 10, 50, 100, 250]);
    },
  );

  it.each(away)('stays below half a second where it is not there, or about to go: %s', (_, failure) => {
    const longest = [1, 2, 3, 4, 5, 6, 100].map((probe) => probePause(failure, probe, 3_600_000, () => 0.999_999));
    expect(longest).toEqual([25, 50, 100, 200, 400, 500, 500]);
  });
});

describe('the pause after a failure', () => {
  const [[, refused = failureOf({ errno: 1040 })] = []] = refusing;

  it('begins anew when a server that was away is there and refuses', () => {
    let now = 0;
    const pause = new ProbePause({ now: () => now, random: () => 0 });
    pause.failed(failureOf({ code: 'ECONNREFUSED' }));
    now = 60_000;
    pause.failed(refused);
    expect(pause.until - now).toBe(100);
  });

  it('does not grow by those who had begun to connect before they could know', () => {
    let now = 0;
    const pause = new ProbePause({ now: () => now, random: () => 0 });
    for (let call = 1; call <= 5; call += 1) pause.failed(refused);
    expect(pause.until).toBe(100);
    now = 100;
    pause.failed(refused);
    expect(pause.until).toBe(500);
  });

  it('is over at once when the server does it again', () => {
    const pause = new ProbePause({ now: () => 0, random: () => 0 });
    pause.failed(refused);
    expect(pause.isOver).toBe(false);
    pause.succeeded();
    expect(pause.isOver).toBe(true);
  });
});

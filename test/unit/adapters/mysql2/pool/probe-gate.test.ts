import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ProbeGate } from '../../../../../adapters/mysql2/pool/probe-gate.ts';
import { classify } from '../../../../../src/internal.ts';
import { limitsOf, passTime, timedOut, turnsTake } from '../../../../support/wait-limits.ts';

const away = Object.assign(new Error('made up'), { code: 'EHOSTUNREACH' });
const failure = classify(away);

/** A gate whose jitter draws the longest pause each time; `random` is how long, from 0 to 1. */
function openGate({ isDown = false, random = 0.999_999 } = {}): ProbeGate {
  const gate = new ProbeGate({ now: () => performance.now(), wallClock: () => 0, random: () => random });
  if (isDown) gate.failed(away, failure);
  return gate;
}

/** How long a pause of the leader takes, in milliseconds of fake time. */
async function durationOf(pause: Promise<void>): Promise<number> {
  const startedAt = performance.now();
  let isOver = false;
  const ended = pause.then(() => {
    isOver = true;
  });
  for (;;) {
    // A pause that did not have to wait is over within a few microtasks.
    for (let tasks = 0; tasks < 5; tasks += 1) await undefined;
    if (isOver) break;
    vi.advanceTimersToNextTimer();
  }
  await ended;
  return Math.max(0, performance.now() - startedAt - turnsTake);
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('while the server refuses connections', () => {
  it('one caller at a time leads', () => {
    const gate = openGate({ isDown: true });
    expect([1, 2].map(() => gate.tryLead())).toEqual([true, false]);
    gate.stopLeading();
    expect([1, 2].map(() => gate.tryLead())).toEqual([true, false]);
  });

  it('the next in line, and nobody else, may take over from a leader that stops', async () => {
    const gate = openGate({ isDown: true });
    gate.tryLead();
    const woken: number[] = [];
    const waits = [1, 2].map((place) => gate.waitForChange(limitsOf()).then(() => woken.push(place)));
    gate.stopLeading();
    await waits[0];
    expect(woken).toEqual([1]);
    gate.stopLeading();
    await waits[1];
  });

  it('everybody waits no longer than their own limits', async () => {
    const gate = openGate({ isDown: true });
    const wait = gate.waitForChange(limitsOf({ within: 100 }));
    passTime(100);
    await expect(wait).rejects.toBe(timedOut);
  });

  it('everybody goes on when a connection is made', async () => {
    const gate = openGate({ isDown: true });
    gate.tryLead();
    const waits = [1, 2, 3].map(() => gate.waitForChange(limitsOf()));
    gate.succeeded();
    await Promise.all(waits);
    expect(gate.isDown).toBe(false);
  });

  it('everybody looks again when an idle connection came back, though the server is still down', async () => {
    const gate = openGate({ isDown: true });
    const waits = [1, 2].map(() => gate.waitForChange(limitsOf()));
    gate.wakeWaiting();
    await Promise.all(waits);
    expect(gate.isDown).toBe(true);
  });

  it('the last reason is known, and forgotten when a connection is made', () => {
    const gate = openGate({ isDown: true });
    const later = Object.assign(new Error('made up'), { code: 'ETIMEDOUT' });
    gate.failed(later, classify(later));
    expect(gate.lastError).toBe(later);
    expect(gate.lastFailure?.code).toBe('ETIMEDOUT');
    gate.succeeded();
    expect([gate.lastError, gate.lastFailure]).toEqual([undefined, undefined]);
  });

  it('what it refuses with is known until it is to be asked again; of one that is not there, whoever connects asks', () => {
    const full = Object.assign(new Error('made up'), { errno: 1040 });
    const gate = openGate();
    gate.failed(full, classify(full));
    expect(gate.refusal).toBe(full);
    vi.advanceTimersByTime(100);
    expect(gate.refusal).toBeUndefined();
    gate.tryLead();
    expect(gate.refusal).toBe(full);
    expect(openGate({ isDown: true }).refusal).toBeUndefined();
  });

  it('its end and its beginning are told once each', () => {
    const told: unknown[] = [];
    const listen = (event: unknown, name: string | symbol) => told.push([name, event]);
    const names = ['gone-away:server-down', 'gone-away:server-up'];
    for (const name of names) subscribe(name, listen);
    try {
      const gate = openGate();
      gate.succeeded();
      gate.failed(away, failure);
      vi.advanceTimersByTime(30);
      gate.failed(away, failure);
      gate.succeeded();
      gate.succeeded();
    } finally {
      for (const name of names) unsubscribe(name, listen);
    }
    expect(told).toEqual([
      ['gone-away:server-down', { failure }],
      ['gone-away:server-up', { downForMs: 30 }],
    ]);
  });
});

describe('the pause of the leader', () => {
  it('grows from 25 to 500 ms, and begins anew after a connection was made', async () => {
    const gate = openGate();
    const durations: number[] = [];
    for (let probe = 1; probe <= 7; probe += 1) {
      gate.failed(away, failure);
      durations.push(await durationOf(gate.pauseBeforeProbe(limitsOf({ within: 10_000 }))));
    }
    expect(durations).toEqual([25, 50, 100, 200, 400, 500, 500]);
    gate.succeeded();
    gate.failed(away, failure);
    expect(await durationOf(gate.pauseBeforeProbe(limitsOf({ within: 10_000 })))).toBe(25);
  });

  it('is drawn evenly from nothing to that', async () => {
    expect(await durationOf(openGate({ isDown: true, random: 0.5 }).pauseBeforeProbe(limitsOf()))).toBe(13);
    expect(await durationOf(openGate({ isDown: true, random: 0 }).pauseBeforeProbe(limitsOf()))).toBe(0);
  });

  it('counts from the last failure, whoever had it', async () => {
    const gate = openGate({ isDown: true });
    vi.advanceTimersByTime(10);
    expect(await durationOf(gate.pauseBeforeProbe(limitsOf()))).toBe(15);
    vi.advanceTimersByTime(1_000);
    expect(await durationOf(gate.pauseBeforeProbe(limitsOf()))).toBe(0);
  });

  it('ends early when there is something to look at', async () => {
    const gate = openGate({ isDown: true });
    const pause = gate.pauseBeforeProbe(limitsOf());
    gate.wakeWaiting();
    await pause;
  });

  it("ends with the caller's own limit where that is sooner", async () => {
    const gate = openGate({ isDown: true });
    const pause = gate.pauseBeforeProbe(limitsOf({ within: 10 }));
    passTime(10);
    await expect(pause).rejects.toBe(timedOut);
  });

  it("ends with the caller's signal", async () => {
    const gate = openGate({ isDown: true });
    const caller = new AbortController();
    const reason = new Error('left');
    const pause = gate.pauseBeforeProbe(limitsOf({ signal: caller.signal }));
    caller.abort(reason);
    await expect(pause).rejects.toBe(reason);
  });
});

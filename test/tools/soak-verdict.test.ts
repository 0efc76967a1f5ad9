import { describe, expect, test } from 'vitest';
import type { Holdings, Quiet, Stock } from '../campaigns/soak/application/protocol.ts';
import { linesOf, objectOf } from '../campaigns/soak/report.ts';
import { findings, growths, type QuietPair, type Reading, type SoakResult } from '../campaigns/soak/verdict.ts';

const holdings: Holdings = { poolListeners: 12, connectionListeners: 9, connections: 10, lent: 0 };
const census = { timers: 5, sockets: 6, promises: 900 };
const stock: Stock = {
  heapBytes: 40 * 2 ** 20,
  externalBytes: 2 ** 20,
  rssBytes: 200 * 2 ** 20,
  openSockets: 0,
  runningTimers: 0,
  census,
  unheard: [],
};

/** Twelve of them, three of which are of the warm-up. */
function readings(change: (index: number) => Partial<Reading> = () => ({})): readonly Reading[] {
  return Array.from({ length: 12 }, (_, index) => {
    const wobble = (index % 3) * 2 ** 16;
    const usual = { ...holdings, ...stock, heapBytes: stock.heapBytes + wobble, strayThreads: 0 };
    return { ...usual, at: index * 0.15, calls: index * 5_000, ...change(index) };
  });
}

function pairs(ratio: number, count = 8): readonly QuietPair[] {
  const late = (p99Ms: number): Quiet => ({ calls: 500, failed: 0, p50Ms: 0.1, p99Ms, maxMs: 20 });
  return Array.from({ length: count }, (_, index) => ({
    client: 'mysql2' as const,
    ours: late(ratio * (2 + index / 10)),
    bare: late(2 + index / 10),
  }));
}

const large = {
  client: 'mysql2',
  statement: 'syntax error',
  end: 'answered with an error',
  told: ['ER_PARSE_ERROR'],
  oursMs: [2, 2, 40],
  bareMs: [1, 1, 1],
} as const;

const left: SoakResult['left'] = { stock: { ...holdings, ...stock }, threads: 0, transactions: [] };

function result(fields: Partial<SoakResult> = {}): SoakResult {
  return {
    seconds: 120,
    loadedSeconds: 80,
    told: { calls: 60_000, errors: { ER_DUP_ENTRY: 3 }, hung: 0 },
    faults: { RST: 40, FIN: 40 },
    before: holdings,
    readings: readings(),
    warmUp: 3,
    census,
    quiet: pairs(1.1),
    large: [large],
    left,
    ...fields,
  };
}

describe('the verdict of soak', () => {
  test('finds nothing in a run that leaves nothing behind', () => {
    expect(findings(result())).toEqual([]);
    expect(objectOf(result())).toMatchObject({ passed: true, findings: [], callsPerSecond: 750, isEnough: true });
  });

  const mb = 2 ** 20;
  test.each<readonly [what: string, spoiled: Partial<SoakResult>, finding: RegExp]>([
    [
      'memory that grows',
      { readings: readings((index) => ({ heapBytes: (40 + index / 2) * mb })) },
      /^memory grew by 4 MB/,
    ],
    [
      'memory outside of the heap',
      { readings: readings((index) => ({ externalBytes: index * mb })) },
      /^memory grew by [78]/,
    ],
    [
      'memory that only the kernel sees',
      { readings: readings((index) => ({ rssBytes: (200 + 9 * index) * mb })) },
      /^resident set grew by 72 MB/,
    ],
    [
      'listeners of a pool, one in each round',
      { readings: readings((index) => ({ poolListeners: 12 + index })) },
      /^listeners of pools grew by 8/,
    ],
    [
      'listeners of a connection',
      { readings: readings((index) => ({ connectionListeners: 9 + index })) },
      /^listeners of a connection grew/,
    ],
    ['timers that nobody hears', { census: { ...census, timers: 60 } }, /^timers that are alive: 5 .* 60/],
    ['sockets that are kept', { census: { ...census, sockets: 60 } }, /^sockets that are alive/],
    ['promises without end', { census: { ...census, promises: 9_000 } }, /^promises that are alive/],
    [
      'a thread of the server',
      { readings: readings((index) => ({ strayThreads: index === 7 ? 1 : 0 })) },
      /^threads of the server .* in 1 of/,
    ],
    [
      'a connection that did not come back',
      { readings: readings((index) => ({ lent: index === 7 ? 1 : 0 })) },
      /^connections that did not come back/,
    ],
    ['a call without an answer', { told: { calls: 9, errors: {}, hung: 1 } }, /^1 calls never/],
    [
      'a wrong answer',
      { told: { calls: 9, errors: { 'wrong answer: item 1': 1 }, hung: 0 } },
      /^wrong answer: item 1$/,
    ],
    [
      'an error that nobody heard',
      { left: { ...left, stock: { ...left.stock, unheard: ['oh'] } } },
      /nobody heard: oh$/,
    ],
    ['a late event loop', { quiet: pairs(1.5) }, /^mysql2: the event loop was 1.5 times as late/],
    ['a statement that holds it up', { large: [{ ...large, oursMs: [10, 10, 10] }] }, /held the event loop up for 10/],
    ['a socket in the end', { left: { ...left, stock: { ...left.stock, openSockets: 1 } } }, /1 sockets were open/],
    ['a timer in the end', { left: { ...left, stock: { ...left.stock, runningTimers: 1 } } }, /1 timers were running/],
    [
      'listeners in the end',
      { left: { ...left, stock: { ...left.stock, poolListeners: 14 } } },
      /2 listeners of pools/,
    ],
    ['a thread in the end', { left: { ...left, threads: 2 } }, /2 threads were left/],
    ['a transaction in the end', { left: { ...left, transactions: ['{}'] } }, /a transaction was open: \{\}/],
  ])('finds %s, and nothing else', (_what, spoiled, finding) => {
    expect(findings(result(spoiled))).toEqual([expect.stringMatching(finding)]);
    expect(objectOf(result(spoiled)).passed).toBe(false);
  });

  test('takes no notice of what grows in the warm-up alone', () => {
    const early = (index: number) => ({ heapBytes: (index < 3 ? 10 : 40) * mb, poolListeners: index < 3 ? 1 : 12 });
    expect(findings(result({ readings: readings(early) }))).toEqual([]);
  });

  test('says what growth a run would have found', () => {
    const [memory] = growths(result());
    expect(memory).toMatchObject({ name: 'memory', grows: false });
    expect(memory?.findable).toBeGreaterThan(2);
    expect(memory?.findable).toBeLessThan(3);
  });

  test('does not call an event loop late by a few pairs that differ', () => {
    const mixed = [...pairs(0.8, 2), ...pairs(3, 3)];
    expect(findings(result({ quiet: mixed }))).toEqual([]);
    expect(linesOf(result({ quiet: mixed }))).toContainEqual(expect.stringContaining('not certain to be below 1.2'));
  });

  test('does not blame this package for what the driver needs by itself', () => {
    const slow = { ...large, oursMs: [22, 22, 22], bareMs: [20, 20, 20] };
    expect(findings(result({ large: [slow] }))).toEqual([]);
    expect(findings(result({ large: [{ ...slow, bareMs: [11, 11, 11] }] }))).toHaveLength(1);
  });

  test('does not fail a machine that is slow, and says so', () => {
    const slow = result({ loadedSeconds: 600 });
    expect(findings(slow)).toEqual([]);
    expect(objectOf(slow)).toMatchObject({ callsPerSecond: 100, isEnough: false });
    expect(linesOf(slow)[0]).toContain('fewer than the 556');
    expect(linesOf(result())[0]).toBe('60000 calls in 120 s; 750 a second under faults');
  });
});

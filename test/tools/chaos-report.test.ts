import { describe, expect, test } from 'vitest';
import { leftovers, reportOf } from '../campaigns/chaos/report.ts';
import type { Outcome, RunResult } from '../campaigns/chaos/run.ts';

const outcome = (fields: Partial<Outcome> = {}): Outcome => ({
  client: 'drizzle',
  history: { calls: [], faults: [], stalls: [], notes: [] },
  lent: 0,
  violations: [],
  lostTail: 0,
  unknownAndApplied: 0,
  unknownAndNotApplied: 0,
  ...fields,
});

const result = (fields: Partial<RunResult> = {}): RunResult => ({
  outcomes: [outcome()],
  threads: 0,
  before: { megabytes: 40, sockets: 20 },
  after: { megabytes: 50, sockets: 20 },
  atTheEnd: { megabytes: 50, sockets: 0 },
  ...fields,
});

describe('the report of chaos', () => {
  test('a run that leaves nothing behind has broken no promise', () => {
    expect(leftovers(result())).toEqual([]);
    expect(reportOf(result()).violations).toBe(0);
  });

  test.each<readonly [what: string, left: Partial<RunResult>]>([
    ['a connection that never came back to the pool', { outcomes: [outcome({ lent: 1 })] }],
    ['a connection that the server still has', { threads: 1 }],
    ['a socket that is still open', { atTheEnd: { megabytes: 50, sockets: 1 } }],
    ['memory that nobody gives back', { after: { megabytes: 90, sockets: 20 } }],
  ])('%s is a promise that was broken', (_what, left) => {
    expect(leftovers(result(left))).toHaveLength(1);
    expect(reportOf(result(left)).violations).toBe(1);
  });
});

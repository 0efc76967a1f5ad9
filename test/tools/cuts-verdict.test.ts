import { describe, expect, test } from 'vitest';
import { type Heard, hear, violations } from '../campaigns/cuts/verdict.ts';
import { type Effect, type WorkloadName, workloadOf } from '../campaigns/cuts/workloads.ts';

const nothing: Effect = { rows: 0, balance: 0 };
const insertAlone: Effect = { rows: 1, balance: 0 };
const updateAlone: Effect = { rows: 0, balance: 1 };
const both: Effect = { rows: 1, balance: 1 };
const twice: Effect = { rows: 2, balance: 2 };

function found(workload: WorkloadName, heard: Partial<Heard>, effect: Effect): readonly string[] {
  const usual = { told: 'applied', because: [], isWrong: false, callbacks: 1 } as const;
  return violations(workloadOf(workload), { ...usual, ...heard }, effect);
}

describe('the verdict of the cuts', () => {
  test.each<readonly [said: string, workload: WorkloadName, heard: Partial<Heard>, effect: Effect, broken: number]>([
    ['two at once, and both there', 'two at once', {}, both, 0],
    ['two at once, undone', 'two at once', { told: 'rolled-back' }, nothing, 0],
    ['two at once, undone, and one ran behind the end', 'two at once', { told: 'rolled-back' }, updateAlone, 2],
    ['two at once, and nobody can know', 'two at once', { told: 'unknown' }, both, 0],
    ['two at once, and nobody can know of a half', 'two at once', { told: 'unknown' }, insertAlone, 1],
    ['two at once, applied twice', 'two at once with rerun', { callbacks: 2 }, twice, 2],
    ['two at once, run again without leave', 'two at once', { callbacks: 2 }, both, 1],
    ['the forgotten write told, and there', 'forgotten write', { forgotten: 'applied' }, both, 0],
    ['the forgotten write refused, and not there', 'forgotten write', { forgotten: 'failed' }, insertAlone, 0],
    ['the forgotten write refused, and there', 'forgotten write', { forgotten: 'failed' }, both, 1],
    ['the forgotten write told, and not there', 'forgotten write', { forgotten: 'applied' }, insertAlone, 1],
    ['the forgotten write hung', 'forgotten write', { forgotten: 'hung' }, insertAlone, 1],
    [
      'the forgotten write alone, behind a transaction that was undone',
      'forgotten write',
      { told: 'rolled-back', forgotten: 'applied' },
      updateAlone,
      2,
    ],
    [
      'the forgotten write answered in a transaction that was undone',
      'forgotten write',
      { told: 'rolled-back', forgotten: 'applied' },
      nothing,
      0,
    ],
    ['thrown, and nothing there', 'thrown beside a write', { told: 'failed', isOwn: true }, nothing, 0],
    ['thrown, and the write is there', 'thrown beside a write', { told: 'failed', isOwn: true }, updateAlone, 2],
    ['thrown, and told something else', 'thrown beside a write', { told: 'rolled-back' }, nothing, 1],
    ['thrown, and it succeeded', 'thrown beside a write', {}, nothing, 2],
  ])('%s', (_said, workload, heard, effect, broken) => {
    expect(found(workload, heard, effect)).toHaveLength(broken);
  });

  test('a write that nobody waited for is waited for by the campaign, and told apart from its transaction', async () => {
    const forgotten = Promise.reject(new Error('refused'));
    expect(await hear(Promise.resolve(), { callbacks: 1, forgotten }, 1_000)).toMatchObject({
      told: 'applied',
      forgotten: 'failed',
    });
    const never = new Promise<never>(() => {});
    expect(await hear(Promise.resolve(), { callbacks: 1, forgotten: never }, 1)).toMatchObject({ forgotten: 'hung' });
  });
});

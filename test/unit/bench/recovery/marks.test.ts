import { describe, expect, it } from 'vitest';
import { marksOf, type Success } from '../../../../bench/recovery/marks.ts';

const outage = { began: 1_000, over: 2_000 };

/** Callers that take turns, an answer each millisecond; each call begins when the one before has ended. */
function load(callers: number, from: number, to: number): Success[] {
  return Array.from({ length: to - from }, (_, index) => {
    const ended = from + index;
    return { caller: index % callers, began: ended - callers, ended };
  });
}

describe('the marks of a recovery', () => {
  it('count from the end of the fault', () => {
    const after = load(5, 2_100, 2_400);
    expect(marksOf([...load(5, 400, 1_000), ...after], outage, 5, 3_000)).toEqual({
      firstSuccess: 100,
      allServed: 104,
      throughput: 90,
    });
  });

  it('have as served who had an answer to a call that began after the fault', () => {
    const before = load(2, 400, 1_000);
    const waited = [0, 1].map((caller) => ({ caller, began: 1_500, ended: 2_010 }));
    const one = { caller: 0, began: 2_010, ended: 2_020 };
    const other = { caller: 1, began: 2_020, ended: 2_030 };
    expect(marksOf([...before, ...waited, one], outage, 2, 3_000)).toMatchObject({
      firstSuccess: 10,
      allServed: undefined,
    });
    expect(marksOf([...before, ...waited, one, other], outage, 2, 3_000)).toMatchObject({ allServed: 30 });
  });

  it('have nothing that came too late, or during the fault', () => {
    const early = { caller: 0, began: 1_400, ended: 1_900 };
    const late = { caller: 0, began: 2_900, ended: 3_001 };
    const nothing = { firstSuccess: undefined, allServed: undefined, throughput: undefined };
    expect(marksOf([...load(1, 400, 1_000), early, late], outage, 1, 3_000)).toEqual(nothing);
  });

  it('are none where nothing was answered before', () => {
    expect(() => marksOf(load(1, 2_000, 3_000), outage, 1, 3_000)).toThrow('nothing was answered before the fault');
  });
});

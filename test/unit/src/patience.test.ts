import { describe, expect, it } from 'vitest';
import { Patience } from '../../../src/patience.ts';

describe('how long a call bears with trouble', () => {
  const started = () => new Patience(() => 1_000, { maxRetryTime: 500, retries: 1 });
  const own = (cause: unknown) => new Error('own', { cause });

  it('ends when a limit of the caller’s own is reached, with its error, and the last one behind it', () => {
    const patience = started();
    patience.endBy(1_300, own);
    expect(patience.deadline).toBe(1_300);
    expect(patience.overdueAt(1_299, 'last')).toBeUndefined();
    expect(patience.overdueAt(1_300, 'last')).toMatchObject({ message: 'own', cause: 'last' });
  });

  it('ends before that where it is shorter itself', () => {
    const patience = started();
    patience.endBy(9_000, own);
    patience.begin(900);
    expect(patience.deadline).toBe(1_400);
    expect(patience.overdueAt(1_400, 'last')).toBeUndefined();
  });

  it('knows no limit but its own where the caller has set none', () => {
    const patience = started();
    expect(patience.end).toBe(Number.POSITIVE_INFINITY);
    expect(patience.overdueAt(Number.MAX_SAFE_INTEGER, 'last')).toBeUndefined();
  });
});

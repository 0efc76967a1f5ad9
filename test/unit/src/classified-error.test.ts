import { describe, expect, it } from 'vitest';
import { attachEvidence, ClassifiedError, classify, type Evidence } from '../../../src/internal.ts';

const lost = () => Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', fatal: true });
const neverSent: Evidence = {
  progress: 'not-written',
  ...{ rollsBack: true, atomic: true, commits: false, abandoned: false },
};
const sent: Evidence = { ...neverSent, progress: 'written', rollsBack: false };

describe('what was made of an error', () => {
  it('is good for that error, and for no other', () => {
    const error = lost();
    attachEvidence(error, sent);
    const classified = new ClassifiedError(error);
    expect(classified.failureOf(error)).toBe(classified.failure);
    expect(classified.failureOf(lost())).toBe(undefined);
    expect(classified.failureOf(new Error('wrapped', { cause: error }))).toBe(undefined);
  });

  it('is given up when evidence of another command comes to the error that they share', () => {
    const shared = lost();
    attachEvidence(shared, neverSent);
    const queued = new ClassifiedError(shared);
    expect(queued.failureOf(shared)).toMatchObject({ outcome: 'rolled-back' });
    attachEvidence(shared, sent);
    const running = new ClassifiedError(shared);
    expect(queued.failureOf(shared)).toBe(undefined);
    expect(running.failureOf(shared)).toMatchObject({ outcome: 'unknown' });
    expect(classify(shared)).toEqual(running.failure);
  });

  it('is given up when the first evidence comes', () => {
    const error = lost();
    const guessed = new ClassifiedError(error);
    expect(guessed.failureOf(error)).toMatchObject({ outcome: 'unknown' });
    attachEvidence(error, neverSent);
    expect(guessed.failureOf(error)).toBe(undefined);
  });

  it('holds for what is no object, which no evidence can be attached to', () => {
    expect(new ClassifiedError('text').failureOf('text')).toMatchObject({ outcome: 'failed' });
  });
});

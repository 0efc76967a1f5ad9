import type { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { currentTransaction, findTransactionOn, TransactionScope } from '../../../../src/internal.ts';

const pool = { name: 'a pool' };
const otherPool = { name: 'another pool' };

/** Scopes around each other, the outermost first, one for each pool. */
function nest(...pools: readonly object[]): TransactionScope[] {
  const [first, ...rest] = pools;
  if (first === undefined) return [];
  const scope = new TransactionScope(first);
  return [scope, ...scope.run(() => nest(...rest))];
}

describe('the current transaction', () => {
  it('is none outside of any', () => {
    expect(currentTransaction()).toBeUndefined();
  });

  it('is the innermost whose callback runs, also after it has waited, and the one around it after that', async () => {
    const outer = new TransactionScope(pool);
    await outer.run(async () => {
      await Promise.resolve();
      const inner = new TransactionScope(pool);
      await inner.run(async () => {
        await Promise.resolve();
        expect(currentTransaction()).toBe(inner);
      });
      expect(currentTransaction()).toBe(outer);
    });
    expect(currentTransaction()).toBeUndefined();
  });

  it('is its own in each of two that run at once', async () => {
    const seen = await Promise.all(
      [pool, pool].map(async (each) => {
        const scope = new TransactionScope(each);
        return scope.run(async () => {
          await Promise.resolve();
          return currentTransaction() === scope;
        });
      }),
    );
    expect(seen).toEqual([true, true]);
  });
});

describe('a transaction scope', () => {
  it('gives what its callback gives, and throws what that throws', () => {
    const scope = new TransactionScope(pool);
    const error = new Error('thrown by the callback');
    expect(scope.run(() => 'result')).toBe('result');
    expect(() =>
      scope.run(() => {
        throw error;
      }),
    ).toThrow(error);
  });

  it('knows of lasting work in itself and inside of it, on whatever pool, and not of that around it', () => {
    const [outer, middle, inner] = nest(pool, otherPool, pool);
    expect([outer?.lastsBeyond, middle?.lastsBeyond, inner?.lastsBeyond]).toEqual([false, false, false]);
    middle?.noteLasting();
    expect([outer?.lastsBeyond, middle?.lastsBeyond, inner?.lastsBeyond]).toEqual([true, true, false]);
  });

  it('knows nothing of lasting work in one beside it', () => {
    const outer = new TransactionScope(pool);
    const [first, second] = outer.run(() => [new TransactionScope(pool), new TransactionScope(pool)]);
    first?.noteLasting();
    expect([outer.lastsBeyond, second?.lastsBeyond]).toEqual([true, false]);
  });

  it('knows the failures noted in it, each by itself, and those of no other scope', () => {
    const [outer, inner] = nest(pool, pool);
    const error = new Error('deadlock');
    inner?.noteFailure(error);
    expect([inner?.hasSeen(error), inner?.hasSeen(new Error('deadlock')), outer?.hasSeen(error)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it.each([['a string'], [undefined], [null], [7]])('takes no note of a failure that is no object: %s', (thrown) => {
    const scope = new TransactionScope(pool);
    expect(() => scope.noteFailure(thrown)).not.toThrow();
  });

  it('finds the innermost on a pool: itself, or one around it', () => {
    const [outermost, outer, inner] = nest(pool, pool, otherPool);
    expect(findTransactionOn(otherPool, inner)).toBe(inner);
    expect(findTransactionOn(pool, inner)).toBe(outer);
    expect(findTransactionOn(otherPool, outermost)).toBeUndefined();
    expect(findTransactionOn({ name: 'a third pool' }, inner)).toBeUndefined();
    expect(findTransactionOn(pool, undefined)).toBeUndefined();
  });

  it('is inside of one that another version of this package has begun, of which nothing else is known', () => {
    const scopes = Reflect.get(globalThis, Symbol.for('gone-away.transaction-scopes.1')) as AsyncLocalStorage<object>;
    scopes.run({ outer: { pool } }, () => {
      const inner = new TransactionScope(otherPool);
      expect(() => inner.noteLasting()).not.toThrow();
      expect(inner.lastsBeyond).toBe(true);
      expect(findTransactionOn(pool, inner)).toEqual({ pool });
      expect(inner.run(currentTransaction)).toBe(inner);
    });
  });
});

import { causesOf, isObject, processWide } from '../../../src/internal.ts';

/** The adapter may be one of another copy of this package. */
function settledByPool(): WeakSet<object> {
  return processWide('settled-by-pool', () => new WeakSet());
}

/** The same error, remembered as one that the pool's executor has let through: what could be retried there, was. */
export function markSettledByPool(error: unknown): unknown {
  if (isObject(error)) settledByPool().add(error);
  return error;
}

/** What a statement failed with because Prisma had ended its transaction. The adapter may be one of another copy of this package. */
function endedByPrisma(): WeakSet<object> {
  return processWide('ended-by-prisma', () => new WeakSet());
}

/** The same error, remembered as one of a statement whose transaction Prisma has ended: nothing more is sent in that. */
export function markEndedByPrisma<E extends Error>(error: E): E {
  endedByPrisma().add(error);
  return error;
}

export function isEndedByPrisma(error: unknown): boolean {
  return causesOf(error).some((link) => isObject(link) && endedByPrisma().has(link));
}

/** Whether the pool has already done what can be done about this error, or about one that it was made from. */
export function isSettledByPool(error: unknown): boolean {
  return causesOf(error).some((link) => isObject(link) && settledByPool().has(link));
}

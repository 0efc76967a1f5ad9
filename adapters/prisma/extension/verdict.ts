import {
  attachEvidence,
  classify,
  type Evidence,
  type Failure,
  findEvidence,
  isGoneAwayError,
  isObject,
  type Operation,
  type Progress,
  processWide,
  propertyOf,
} from '../../../src/internal.ts';
import { isSettledByPool } from '../bridge/settled.ts';
import { originalErrorOf } from '../errors/to-prisma-error.ts';
import type { PrismaOperation } from './prisma-operation.ts';

/**
 * What the caller is to see of an error that came through Prisma: one of this package, or the reason of the caller's own signal, as it was
 * before Prisma wrapped it; everything else as it is.
 */
export function unwrapError(error: unknown, signal: AbortSignal | undefined): unknown {
  const original = originalErrorOf(error);
  if (isGoneAwayError(original)) return original;
  if (signal?.aborted !== true || error === signal.reason) return error;
  // A reason that has a code of its own comes as the cause of another error, for Prisma to leave it alone.
  const cause = propertyOf(error, 'cause');
  return original === signal.reason || cause === signal.reason ? signal.reason : error;
}

/** The runner may be one of another copy of this package. */
function settledByRunner(): WeakSet<object> {
  return processWide('settled-by-runner', () => new WeakSet());
}

/** Remembers that a runner of the extension has done about this error what can be done. */
export function markSettledByRunner(error: unknown): void {
  if (isObject(error)) settledByRunner().add(error);
}

/**
 * Whether somebody further in has done already all that can be done: another runner of the extension, or the pool. Retrying that
 * again would multiply the retries.
 */
export function isSettled(error: unknown, operation: Operation): boolean {
  if (isObject(error) && settledByRunner().has(error)) return true;
  if (isGoneAwayError(error)) {
    // The pool is never told that an operation is idempotent.
    if (error.code === 'ERR_GONE_AWAY_OUTCOME_UNKNOWN') return !operation.idempotent || error.failure.stillRunning;
    return error.code === 'ERR_GONE_AWAY_RETRIES_EXHAUSTED';
  }
  return isSettledByPool(error);
}

/** A failure with what somebody knows better than its error. */
export function refineFailure(failure: Failure, known: Partial<Failure>): Failure {
  return Object.freeze({ ...failure, ...known });
}

/** Of a statement in a transaction of which something may have been committed before. */
const partOnly: Evidence = Object.freeze({
  progress: 'written',
  rollsBack: false,
  atomic: false,
  commits: false,
  abandoned: false,
  isPart: true,
});

/** Remembers that a part of its transaction stays, whatever the error says: `classify()` calls it neither rolled back nor not executed. */
export function markPartOnly(error: unknown): void {
  const { outcome } = classify(error);
  if (outcome === 'rolled-back' || outcome === 'not-executed') attachEvidence(error, partOnly);
}

/** Whether it waited for a lock in vain, so that the server may have undone its transaction. */
export function isLockWait({ kind, errno }: Failure): boolean {
  return kind === 'lock-wait' || (kind === 'limit' && errno === 1205);
}

/** Whether it waited for a lock for as long as it says itself, where nobody watched the wire. */
export function endsByOwnLimit({ kind }: Failure, operation: PrismaOperation): boolean {
  return kind === 'lock-wait' && operation.limitsLockWait();
}

/** Whether Prisma's `maxWait` has passed before a transaction began. */
export function isLateStart({ code, kind }: Failure): boolean {
  return code === 'P2028' && kind === 'overloaded';
}

/** Whether a connection said how far the work got. Without that, there is only what the error says. */
export function hasEvidence(error: unknown): boolean {
  return progressOf(error) !== undefined;
}

/** Whether the statement that failed may have reached the server. */
export function isWritten(error: unknown): boolean {
  return progressOf(error) === 'written';
}

/** Whether a connection said that it was lost before the first statement of the work. */
export function isBeforeFirstStatement(error: unknown): boolean {
  const progress = progressOf(error);
  return progress === 'not-acquired' || progress === 'preparing';
}

function progressOf(error: unknown): Progress | undefined {
  return findEvidence(error)?.progress;
}

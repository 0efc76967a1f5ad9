import { causesOf } from './error-facts.ts';
import type { Evidence, Progress } from './failure.ts';
import { processWide } from './process-wide.ts';

/**
 * Evidence travels beside the error object and not on it: errors may be frozen, are printed, and are shared. Two copies of this package in one
 * process read each other's evidence.
 */
function evidenceMap(): WeakMap<object, Evidence> {
  return processWide('evidence', () => new WeakMap());
}

/** From the least to the most that may have happened on the server. */
const progressOrder: readonly Progress[] = [
  'not-acquired',
  'not-written',
  'write-refused',
  'cut-short',
  'preparing',
  'prepared',
  'written',
];

/**
 * Records what a connection knows about a failed statement.
 *
 * mysql2 hands one error object to the active command and to every queued one. Where evidence is already there, the more
 * pessimistic of the two is kept, so that a statement that was never sent cannot acquit the one that was.
 */
export function attachEvidence(error: unknown, evidence: Evidence): void {
  if (typeof error !== 'object' || error === null) return;
  const map = evidenceMap();
  const known = map.get(error);
  map.set(error, known === undefined ? evidence : worse(known, evidence));
}

/** The evidence recorded for this very object, if any. */
export function evidenceOf(error: unknown): Evidence | undefined {
  return typeof error === 'object' && error !== null ? evidenceMap().get(error) : undefined;
}

/** The evidence recorded for this error, or for the nearest one that it was caused by. */
export function findEvidence(error: unknown): Evidence | undefined {
  return causesOf(error)
    .map(evidenceOf)
    .find((found) => found !== undefined);
}

/** Of work for which there was no connection. */
export const neverAcquired: Evidence = Object.freeze({
  progress: 'not-acquired',
  rollsBack: false,
  atomic: true,
  commits: false,
  abandoned: false,
});

function worse(a: Evidence, b: Evidence): Evidence {
  const progress = progressOrder.indexOf(a.progress) >= progressOrder.indexOf(b.progress) ? a.progress : b.progress;
  const clientSide = a.clientSide === b.clientSide ? a.clientSide : a.clientSide && b.clientSide && 'in-write';
  return {
    progress,
    rollsBack: a.rollsBack && b.rollsBack,
    atomic: a.atomic && b.atomic,
    commits: a.commits || b.commits,
    abandoned: a.abandoned || b.abandoned,
    isPart: a.isPart === true || b.isPart === true,
    alone: a.alone === true && b.alone === true,
    limitsLockWait: a.limitsLockWait === true || b.limitsLockWait === true,
    ...(clientSide !== undefined && { clientSide }),
  };
}

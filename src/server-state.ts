import type { Failure, FailureKind } from './failure.ts';

/** What a server says that is there, of itself and not of the work. One that shuts down says so too (1053), and is about to be away. */
const refusals: ReadonlySet<FailureKind> = new Set(['overloaded', 'not-ready', 'read-only']);

/** Whether the server has answered, and refused, whatever the work was. */
export function isRefusedByServer({ kind, invalidates }: Failure): boolean {
  // A session of its own may be READ ONLY, on a server that is not.
  return refusals.has(kind) && invalidates !== 'connection';
}

/** Whether nothing was wrong but the state that the server is in: it refuses, or is not there. That passes by itself, and nothing is left of the work. */
export function isStateOfServer(failure: Failure): boolean {
  if (failure.outcome === 'unknown' || failure.outcome === 'failed') return false;
  return failure.kind === 'connect' || isRefusedByServer(failure);
}

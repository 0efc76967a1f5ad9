import type { CallKind } from '../history.ts';
import type { Work } from '../work.ts';
import { isOfSession, performOnSession, type SessionKind, type Sessions } from './session.ts';
import { readSlowly } from './slow-read.ts';
import { isUnruly, performUnruly, type Transact, type UnrulyKind } from './unruly.ts';

/** A call that sends one statement after the other, and leaves its session as it is. */
export type PlainWork = Work & { readonly kind: Exclude<CallKind, UnrulyKind | SessionKind | 'slow-read'> };

/** One way to the database, and all that is done on it. */
export interface Application {
  plain(work: PlainWork): Promise<unknown>;
  readonly transact: Transact;
  readonly sessions: Sessions;
}

export async function perform(
  { plain, transact, sessions }: Application,
  work: Work,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const { kind } = work;
  if (isUnruly(kind)) return performUnruly(transact, { ...work, kind }, signal);
  if (isOfSession(kind)) return performOnSession(sessions, { ...work, kind });
  if (kind === 'slow-read') return readSlowly(sessions, work);
  return plain({ ...work, kind });
}

import { OutcomeUnknownError } from '../../src/index.ts';
import type { Operation } from './plan.ts';

/**
 * What the caller was told: done; not done; "nobody can know", which only gone-away ever says; or nothing at all in time.
 */
export type Answer = 'ok' | 'failed' | 'unknown' | 'hung';

export interface Entry {
  readonly operation: Operation;
  /** Milliseconds from the start of the run. */
  readonly startedAt: number;
  readonly ms: number;
  readonly answer: Answer;
  /** The error in a few words, where there was one. */
  readonly error: string | undefined;
}

/** What one client's caller was told, operation by operation. */
export class Ledger {
  readonly entries: Entry[] = [];
  readonly counts: Record<Answer, number> = { ok: 0, failed: 0, unknown: 0, hung: 0 };

  add(entry: Entry): void {
    this.entries.push(entry);
    this.counts[entry.answer] += 1;
  }
}

export function answerOf(error: unknown): Answer {
  return error instanceof OutcomeUnknownError ? 'unknown' : 'failed';
}

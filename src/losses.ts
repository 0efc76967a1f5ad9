import { findEvidence } from './evidence.ts';
import type { Failure, Progress } from './failure.ts';

/** The connections that one piece of work has lost under it, after the server had begun with it. */
export class Losses {
  readonly #after: number[] = [];

  get count(): number {
    return this.#after.length;
  }

  /** @param after since the attempt began, in milliseconds */
  note(after: number): void {
    this.#after.push(after);
  }

  describe(work: 'statement' | 'transaction'): string {
    const times = this.#after.map((ms) => `${Math.round(ms)} ms`);
    return `this very ${work} was lost in flight ${times.length} times, after ${times.join(', ')} (\`lossRetries\`)`;
  }
}

/**
 * Whether the connection was lost under work that the server may have begun with. It may be the work itself that ends it: it crashes the server, an operator kills it, a
 * proxy allows no statement that takes so long. That holds for one of which the server had a part, or only the text to prepare: nothing was executed, and yet it may end
 * whatever it is sent to.
 *
 * @param error what the work failed with
 */
export function isLossInFlight({ outcome, invalidates }: Failure, error: unknown): boolean {
  if (invalidates === 'nothing') return false;
  if (outcome === 'unknown' || outcome === 'rolled-back') return true;
  const progress = findEvidence(error)?.progress;
  return progress !== undefined && hasLeft.has(progress);
}

/** Not executed, but bytes of it were under way. */
const hasLeft: ReadonlySet<Progress> = new Set(['cut-short', 'prepared']);

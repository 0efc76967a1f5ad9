import type { Failure } from './failure.ts';

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
 * proxy allows no statement that takes so long.
 */
export function isLossInFlight({ outcome, invalidates }: Failure): boolean {
  return invalidates !== 'nothing' && (outcome === 'unknown' || outcome === 'rolled-back');
}

import { type Distribution, distributionOf } from './distribution.ts';
import type { Marks } from './marks.ts';

/** How many, from the beginning of a fault to its end, and in the second after that. */
export interface Count {
  readonly during: number;
  readonly after: number;
}

/** What came of one fault that one contender met. */
export interface Turn {
  readonly marks: Marks;
  /** Calls that failed, from the beginning of the fault on. */
  readonly errors: number;
  /** Errors that came to nobody, each of which would have ended the process. */
  readonly stray: number;
  /** TCP connections that were begun. */
  readonly connects: Count;
  /** Those of them on which the server said something. */
  readonly handshakes: Count;
}

export interface CountSummary {
  readonly during: Distribution;
  readonly after: Distribution;
}

/** All turns of one contender in one fault. Times are in milliseconds from the end of the fault. */
export interface Recovery {
  readonly name: string;
  readonly firstSuccess: Distribution;
  readonly allServed: Distribution;
  readonly throughput: Distribution;
  readonly errors: Distribution;
  readonly stray: number;
  readonly connects: CountSummary;
  readonly handshakes: CountSummary;
}

export function summarise(name: string, turns: readonly Turn[]): Recovery {
  const over = (valueIn: (turn: Turn) => number | undefined) => distributionOf(turns.map(valueIn));
  const counts = (countOf: (turn: Turn) => Count): CountSummary => ({
    during: over((turn) => countOf(turn).during),
    after: over((turn) => countOf(turn).after),
  });
  return {
    name,
    firstSuccess: over(({ marks }) => marks.firstSuccess),
    allServed: over(({ marks }) => marks.allServed),
    throughput: over(({ marks }) => marks.throughput),
    errors: over(({ errors }) => errors),
    stray: turns.reduce((sum, { stray }) => sum + stray, 0),
    connects: counts(({ connects }) => connects),
    handshakes: counts(({ handshakes }) => handshakes),
  };
}

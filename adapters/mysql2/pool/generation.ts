import type { Failure } from '../../../src/internal.ts';

/**
 * What a pool believes about its connections as a whole, in two counters that only grow. Each connection remembers the counters of
 * when it was made or last proved itself; comparing integers at checkout is all that it costs.
 */
export class Generation {
  /** Told of a server that answers and refuses: its connections are good for whatever it does take. */
  readonly refused: (error: unknown, failure: Failure) => void;
  #number = 0;
  #losses = 0;

  constructor(refused: (error: unknown, failure: Failure) => void = () => {}) {
    this.refused = refused;
  }

  /** Connections made before the current generation are replaced when they are next checked out, never while they work. */
  get number(): number {
    return this.#number;
  }

  /** How many connections were lost; one that has not answered since the last loss is suspect. */
  get losses(): number {
    return this.#losses;
  }

  /** The server went away or changed its role: nothing made before now is to be used again. */
  invalidate(): void {
    this.#number += 1;
  }

  /** One connection died: its siblings must prove themselves before they are trusted again. */
  suspectSiblings(): void {
    this.#losses += 1;
  }
}

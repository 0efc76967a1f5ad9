import { classify } from './classify.ts';
import { evidenceOf } from './evidence.ts';
import type { Evidence, Failure } from './failure.ts';

/**
 * An error with what it proves, so that whoever gets it next need not classify it again.
 *
 * mysql2 hands one error object to all commands of a connection that is lost. The evidence of another of them may come later, and may prove
 * less; what was made of the error before it came does not count any more.
 */
export class ClassifiedError {
  readonly error: unknown;
  readonly failure: Failure;
  readonly #evidence: Evidence | undefined;

  /** Classifies the error, with the evidence that it has now. */
  constructor(error: unknown) {
    this.error = error;
    this.failure = classify(error);
    this.#evidence = evidenceOf(error);
  }

  /** The failure, if this is that error and no evidence has come to it since. */
  failureOf(error: unknown): Failure | undefined {
    return error === this.error && evidenceOf(error) === this.#evidence ? this.failure : undefined;
  }
}

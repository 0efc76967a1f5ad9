import { causesOf } from './error-facts.ts';
import { RetriesExhaustedError } from './errors.ts';

/**
 * Whether the retrying of something further in has come to its end already: of the first statement of a transaction, say, which has waited for the
 * server for as long as the call may. Whoever began again then would wait twice.
 */
export function isGivenUp(error: unknown): boolean {
  return causesOf(error).some((link) => link instanceof RetriesExhaustedError);
}

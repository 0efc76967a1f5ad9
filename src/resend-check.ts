import { BesideErrors } from './beside-errors.ts';

export interface ResendCheckLimits {
  /** On `performance.now()`'s clock, in milliseconds: after this nothing is known. */
  readonly until: number;
  /** Ends the wait; nothing is known then. */
  readonly signal: AbortSignal | undefined;
}

/** Finds out whether the server would refuse what failed, however often it is sent: the error to give up with, or undefined. Never rejects. */
export type ResendCheck = (limits: ResendCheckLimits) => Promise<Error | undefined>;

const checks = new BesideErrors<ResendCheck>('resend-check');

/** Remembers what is to be asked before the work that failed with this error is sent again. */
export function attachResendCheck(error: unknown, check: ResendCheck): void {
  checks.set(error, check);
}

/** What is to be asked before work that failed with this error, or with one that it was caused by, is sent again; undefined: nothing. */
export function resendCheckOf(error: unknown): ResendCheck | undefined {
  return checks.find(error);
}

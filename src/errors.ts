import type { Failure } from './failure.ts';
import { hideStatements } from './hide-statements.ts';
import { propertyOf } from './property.ts';

/** Stable codes, one for each error class. */
export type GoneAwayErrorCode =
  | 'ERR_GONE_AWAY_OUTCOME_UNKNOWN'
  | 'ERR_GONE_AWAY_RETRIES_EXHAUSTED'
  | 'ERR_GONE_AWAY_ACQUIRE_TIMEOUT'
  | 'ERR_GONE_AWAY_ATTEMPT_TIMEOUT'
  | 'ERR_GONE_AWAY_NOT_COMMITTED'
  | 'ERR_GONE_AWAY_LEDGER'
  | 'ERR_GONE_AWAY_SESSION_BOUND';

export interface GoneAwayErrorDetails {
  readonly failure: Failure;
  /** How many times the work was begun, the first time included. */
  readonly attempts: number;
  readonly elapsedMs: number;
  readonly cause?: unknown;
}

/** The brand survives two copies of the package in one process, where `instanceof` by prototype would not. */
const brand: unique symbol = Symbol.for('gone-away.error') as never;

/**
 * A property for those who ask for it by its name. Not for `JSON.stringify()`, and for `util.inspect()`, which prints every `cause`, it is a
 * `[Getter]`. Loggers ask for it by its name as well: what they would print of the statement, with all parameters in it, is hidden from them.
 */
function hide(error: Error, name: 'cause' | 'errors', value: unknown): void {
  for (const thrown of name === 'errors' && Array.isArray(value) ? value : [value]) hideStatements(thrown);
  Object.defineProperty(error, name, { get: () => value, enumerable: false, configurable: true });
}

/** What all errors of this package have in common. Messages never contain SQL parameters, credentials or row data. */
export abstract class GoneAwayError extends Error {
  abstract readonly code: GoneAwayErrorCode;
  readonly failure: Failure;
  /** How many times the work was begun, the first time included. */
  readonly attempts: number;
  /** From the first attempt to this error, in milliseconds. */
  readonly elapsedMs: number;

  constructor(name: string, message: string, details: GoneAwayErrorDetails) {
    super(message);
    if (details.cause !== undefined) hide(this, 'cause', details.cause);
    this.failure = details.failure;
    this.attempts = details.attempts;
    this.elapsedMs = details.elapsedMs;
    // Not enumerable, as with built-in errors; and a literal, because minifiers rename classes.
    Object.defineProperty(this, 'name', { value: name, configurable: true, writable: true });
    Object.defineProperty(this, brand, { value: true });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isGoneAwayError(value);
  }
}

/** Whether this value is an error of this package, made by this or by another copy of it. */
export function isGoneAwayError(value: unknown): value is GoneAwayError {
  if (typeof value !== 'object' || value === null || propertyOf(value, brand) !== true) return false;
  return typeof propertyOf(propertyOf(value, 'failure'), 'outcome') === 'string';
}

/**
 * The work was sent and its answer never came: it may have been applied, once, or not at all. It was not sent again.
 * The idea is SQLSTATE 08007, "connection exception: transaction resolution unknown".
 *
 * Look whether it was applied, or mark such work `idempotent` if applying it twice is harmless.
 */
export class OutcomeUnknownError extends GoneAwayError {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isGoneAwayError(value) && value.code === 'ERR_GONE_AWAY_OUTCOME_UNKNOWN';
  }

  override readonly code = 'ERR_GONE_AWAY_OUTCOME_UNKNOWN' as const;

  constructor(message: string, details: GoneAwayErrorDetails) {
    super('OutcomeUnknownError', message, details);
  }
}

/** Every attempt failed in a way that was safe to retry, until the retries, the deadline or the budget ran out. */
export class RetriesExhaustedError extends GoneAwayError {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isGoneAwayError(value) && value.code === 'ERR_GONE_AWAY_RETRIES_EXHAUSTED';
  }

  override readonly code = 'ERR_GONE_AWAY_RETRIES_EXHAUSTED' as const;
  /** The errors of the attempts, the first one first; of a long wait for the server, its first and its last. `cause` is the last. */
  declare readonly errors: readonly unknown[];

  constructor(message: string, details: GoneAwayErrorDetails & { readonly errors: readonly unknown[] }) {
    super('RetriesExhaustedError', message, details);
    hide(this, 'errors', details.errors);
  }
}

/** No usable connection could be had in time. Nothing was sent. `cause` is what kept connections from being made, where known. */
export class AcquireTimeoutError extends GoneAwayError {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isGoneAwayError(value) && value.code === 'ERR_GONE_AWAY_ACQUIRE_TIMEOUT';
  }

  override readonly code = 'ERR_GONE_AWAY_ACQUIRE_TIMEOUT' as const;

  constructor(message: string, details: GoneAwayErrorDetails) {
    super('AcquireTimeoutError', message, details);
  }
}

/** A statement had no answer within `attemptTimeout`; its connection was destroyed. The server may still be executing it. */
export class AttemptTimeoutError extends GoneAwayError {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isGoneAwayError(value) && value.code === 'ERR_GONE_AWAY_ATTEMPT_TIMEOUT';
  }

  override readonly code = 'ERR_GONE_AWAY_ATTEMPT_TIMEOUT' as const;

  constructor(message: string, details: GoneAwayErrorDetails) {
    super('AttemptTimeoutError', message, details);
  }
}

/**
 * COMMIT was sent and not answered, and the ledger of `exactlyOnce` proves that the transaction was not committed and never will be.
 * Seen as the `cause` of a RetriesExhaustedError, or where nothing may be retried. `cause` is what COMMIT failed with.
 */
export class NotCommittedError extends GoneAwayError {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isGoneAwayError(value) && value.code === 'ERR_GONE_AWAY_NOT_COMMITTED';
  }

  override readonly code = 'ERR_GONE_AWAY_NOT_COMMITTED' as const;

  constructor(message: string, details: GoneAwayErrorDetails) {
    super('NotCommittedError', message, details);
  }
}

/**
 * `exactlyOnce` or `idempotencyKey` cannot be had here: the ledger table is missing or not fit for it, or the server is one on which
 * its proof does not hold. Nothing was committed, unless `failure.outcome` is `unknown` and the message says why: a callback that has
 * ended its transaction by itself may have committed what came before.
 */
export class LedgerError extends GoneAwayError {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isGoneAwayError(value) && value.code === 'ERR_GONE_AWAY_LEDGER';
  }

  override readonly code = 'ERR_GONE_AWAY_LEDGER' as const;

  constructor(message: string, details: GoneAwayErrorDetails) {
    super('LedgerError', message, details);
  }
}

/**
 * A statement has its effect in one session (BEGIN, USE, LOCK TABLES ...), and was handed to a pool, which gives the next statement any session;
 * or it left a transaction open in the pool's session that nobody could have ended. It was not sent, unless `failure.outcome` is `rolled-back`:
 * then gone-away has undone it with its session. Where a part of it may have been committed before, it is the `cause` of an OutcomeUnknownError.
 *
 * Use a transaction, or a connection that you hold.
 */
export class SessionBoundError extends GoneAwayError {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isGoneAwayError(value) && value.code === 'ERR_GONE_AWAY_SESSION_BOUND';
  }

  override readonly code = 'ERR_GONE_AWAY_SESSION_BOUND' as const;

  constructor(message: string, details: GoneAwayErrorDetails) {
    super('SessionBoundError', message, details);
  }
}

import type { Pool } from 'mysql2/promise';
import type { CallOptions, ResilienceOptions, TransactionOptions } from '../../../../src/index.ts';
import type { CallKind } from '../history.ts';
import type { Work } from '../work.ts';

/** A pool, an ORM on it, and an application that uses them. */
export interface Client {
  /**
   * Runs one call of the application.
   *
   * @param signal ends it
   * @returns what keyed work gives back
   */
  perform(work: Work, signal: AbortSignal | undefined): Promise<unknown>;
  /** Those under it. */
  readonly pools: readonly Pool[];
  /** How many connections are not in the pool although nobody uses them any more. To be asked when no call is under way. */
  lent(): number;
  end(): Promise<unknown>;
}

/** The answer to a read is not what can have been in the table. */
export class WrongAnswer extends Error {}

export function expectAnswer(what: string, found: unknown, expected: unknown): void {
  if (found !== expected) throw new WrongAnswer(`${what}: expected ${expected}, got ${found}`);
}

/** As for an application that has ten seconds for a request, and no other reason to give up. */
export const policy = {
  attemptTimeout: 2_000,
  maxRetryTime: 10_000,
  acquireTimeout: 10_000,
  retries: 1_000,
  budget: false,
} satisfies ResilienceOptions;

/** For how many milliseconds a call may go on that its caller does not end. */
export function limitOf(kind: CallKind): number {
  // Its patience begins when it first meets trouble, and it may have waited for its turn before: fifty callers share twenty connections.
  const turn = 3 * policy.attemptTimeout;
  // The last attempt may begin at the very end of the retries, and each of its statements may take an attempt's time.
  return turn + policy.maxRetryTime + statementsOf(kind) * policy.attemptTimeout;
}

/** As many as the longest way to do it has, with what begins and ends a transaction and what the ledger needs. */
function statementsOf(kind: CallKind): number {
  switch (kind) {
    case 'read':
    case 'sum':
    case 'iterate':
    case 'locking-read':
    case 'slow-read':
    case 'insert':
    case 'procedure':
    case 'stray-begin':
    case 'uncommitted-insert':
    case 'setting':
    case 'async-setting':
      return 1;
    case 'wanderer':
      return 2;
    case 'abandoner':
      return 3;
    case 'exact-insert':
    case 'batch':
      return 4;
    case 'transfer':
    case 'transfer-rerun':
    case 'transfer-exact':
    case 'keyed':
    case 'company':
    case 'company-rerun':
    case 'forgotten':
    case 'forgotten-rerun':
    case 'race':
    case 'thrower':
    case 'ddl':
    case 'ddl-rerun':
      return 8;
    default:
      return kind satisfies never;
  }
}

/** The options of the transaction in which money goes from one account to another. */
export function transferOptions(kind: CallKind): TransactionOptions {
  if (kind === 'transfer-exact') return { exactlyOnce: true };
  return kind === 'transfer-rerun' ? { rerun: true } : {};
}

/** What is said of a single call. */
export function callOptions(kind: CallKind, signal: AbortSignal | undefined): CallOptions {
  return { ...(signal !== undefined && { signal }), ...(kind === 'exact-insert' && { exactlyOnce: true }) };
}

export function keyOf({ id }: Work): string {
  return `work-${id}`;
}

import type { Failure } from './failure.ts';
import type { RetryPolicy } from './policy/policy.ts';

/**
 * How long one call bears with a server that is away, whatever it waits for: a connection, its turn to try, a pause. The clock starts when
 * the call first meets trouble, and not when it is made: a statement may run, and wait behind others, for as long as it takes.
 */
export class Patience {
  /** Whether the call bears with anything at all: with `retries: 0` it waits for no server that is known to be away. */
  readonly lasts: boolean;
  /** What the attempt before this one failed with. */
  lastFailure: Failure | undefined;
  readonly #now: () => number;
  readonly #limit: number;
  #endsAt: number | undefined;
  /** A limit of the caller's own, and its error. */
  #end = Number.POSITIVE_INFINITY;
  #overdue: ((cause: unknown) => unknown) | undefined;

  /**
   * @param now monotonic, in milliseconds
   * @param policy its `maxRetryTime`, in milliseconds, and whether there are retries
   */
  constructor(now: () => number, { maxRetryTime, retries }: Pick<RetryPolicy, 'maxRetryTime' | 'retries'>) {
    this.lasts = retries > 0;
    this.#now = now;
    this.#limit = maxRetryTime;
  }

  /** When it is over, on the clock of `now`. While nothing was wrong yet, that lies always as far ahead. */
  get deadline(): number {
    return this.deadlineFrom(this.#now());
  }

  /** The same for trouble that may have begun then, and may be none. */
  deadlineFrom(at: number): number {
    return Math.min(this.#endsAt ?? at + this.#limit, this.#end);
  }

  /** Nothing is waited for beyond that, whether there is trouble or not; Infinity where the caller has set no such limit. */
  get end(): number {
    return this.#end;
  }

  /**
   * The caller has set a limit for the call.
   *
   * @param end on the clock of `now`
   * @param overdue makes the error for it, of what the call failed with last
   */
  endBy(end: number, overdue: (cause: unknown) => unknown): void {
    this.#end = end;
    this.#overdue = overdue;
  }

  /** The error for a call whose own limit is reached at this time; undefined where it is not. */
  overdueAt(at: number, cause: unknown): unknown {
    return at >= this.#end ? this.#overdue?.(cause) : undefined;
  }

  /** Trouble has begun, at this time at the latest. Only the first time counts. */
  begin(at: number): void {
    this.#endsAt ??= at + this.#limit;
  }
}

import { type Patience, type RetryPolicy, stuckAfter } from '../../../src/internal.ts';
import type { WaitLimits } from '../wait/bounded.ts';

/** What a pool knows of what its callers wait for. Times are on the pool's monotonic clock, in milliseconds. */
export interface PoolMovement {
  /** Since when the server is known to be away; undefined while it is not. */
  readonly awaySince: number | undefined;
  /** Since when a new connection is being made, and none was; undefined while none is. */
  readonly connectingSince: number | undefined;
  /** When a connection came back last. */
  readonly lastReturnAt: number;
  /** When the server was last at work for somebody who holds one. */
  readonly lastWorkAt: number;
}

/** In milliseconds: a call with no patience at all may wait in a pool that moves. */
const shortestRecheck = 100;

/**
 * How long one call waits for a connection.
 *
 * - In a pool whose connections are in use, as long as it moves, as in mysql2: `acquireTimeout` bounds the time in which none comes back.
 *   Where it is not set, the server may be at work for those who hold them for as long as it takes.
 * - For a server that is away, or does not answer, as long as the call's patience lasts: `maxRetryTime`.
 *
 * Which of the two it is may change while the call waits, so it is asked again when a limit is reached.
 */
export class AcquireLimits implements WaitLimits {
  readonly now: () => number;
  readonly signal: AbortSignal | undefined;
  /** The server may go away meanwhile, and the patience with that be shorter. */
  readonly recheck: number;
  readonly timedOut: () => unknown;
  readonly #movement: PoolMovement;
  readonly #patience: Patience;
  readonly #stuckAfter: number;
  readonly #mayWork: boolean;
  readonly #startedAt: number;

  constructor(
    movement: PoolMovement,
    policy: RetryPolicy,
    patience: Patience,
    now: () => number,
    timedOut: (limits: AcquireLimits, policy: RetryPolicy) => unknown,
  ) {
    this.now = now;
    this.signal = policy.signal;
    this.recheck = Math.max(policy.maxRetryTime, shortestRecheck);
    this.timedOut = () => timedOut(this, policy);
    this.#movement = movement;
    this.#patience = patience;
    this.#stuckAfter = stuckAfter(policy);
    this.#mayWork = policy.acquireTimeout === undefined;
    this.#startedAt = now();
  }

  get elapsedMs(): number {
    return this.now() - this.#startedAt;
  }

  get until(): number {
    const { awaySince, connectingSince } = this.#movement;
    if (awaySince !== undefined) this.#patience.begin(Math.max(this.#startedAt, awaySince));
    const troubleSince = awaySince ?? connectingSince;
    if (troubleSince !== undefined) return this.#patience.deadlineFrom(Math.max(this.#startedAt, troubleSince));
    const atLeast = this.#startedAt + this.#stuckAfter;
    // The server's work is asked of each connection: not before it matters.
    if (this.now() < atLeast) return atLeast;
    const { lastReturnAt, lastWorkAt } = this.#movement;
    const movedAt = this.#mayWork ? Math.max(lastReturnAt, lastWorkAt) : lastReturnAt;
    return Math.max(this.#startedAt, movedAt) + this.#stuckAfter;
  }

  /** Trouble that went on until now, in one form or another, has used up the patience of the call. */
  get isOver(): boolean {
    return this.now() >= Math.min(this.until, this.#patience.deadline);
  }

  /** The same limits for what has to happen on the very connection that this call has got, however much the pool moves. */
  forPreparation(): WaitLimits {
    const { now, signal, timedOut } = this;
    return { until: Math.min(now() + this.#stuckAfter, this.#patience.deadline), now, signal, timedOut };
  }

  /** Whether the call waits for a server that is known to be away. */
  get waitsForServer(): boolean {
    return this.#patience.lasts;
  }
}

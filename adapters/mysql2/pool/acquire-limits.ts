import { type Patience, type RetryPolicy, stuckAfter, type WatchOptions } from '../../../src/internal.ts';
import type { WaitLimits } from '../wait/bounded.ts';

/** What a pool knows of what its callers wait for. Times are on the pool's monotonic clock, in milliseconds. */
export interface PoolMovement {
  /** Since when the server is known to be away; undefined while it is not. */
  readonly awaySince: number | undefined;
  /** Since when a new connection is being made, and none was; undefined while none is. */
  readonly connectingSince: number | undefined;
  /** When a connection came back last. */
  readonly lastReturnAt: number;
  /** Looks what has moved, if the last look is older than `age`, in milliseconds. Of movement that nobody looked for, nothing is known. */
  look(age: number): void;
  /** When something last happened on a connection, or the server was at work on one. */
  lastWorkAt(watch: WatchOptions | false): number;
}

/** In milliseconds: a call with no patience at all may wait in a pool that moves. */
const shortestRecheck = 100;

/** A pool that moves is one that has moved between two looks: so many of them in the longest time in which it may stand still. */
const looks = 4;

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
  readonly timedOut: () => unknown;
  readonly #movement: PoolMovement;
  readonly #patience: Patience;
  readonly #stuckAfter: number;
  readonly #mayWork: boolean;
  readonly #watch: WatchOptions | false;
  readonly #maxRetryTime: number;
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
    this.timedOut = () => timedOut(this, policy);
    this.#movement = movement;
    this.#patience = patience;
    this.#stuckAfter = stuckAfter(policy);
    this.#mayWork = policy.acquireTimeout === undefined;
    this.#watch = policy.watch;
    this.#maxRetryTime = policy.maxRetryTime;
    this.#startedAt = now();
  }

  get elapsedMs(): number {
    return this.now() - this.#startedAt;
  }

  /** The server may go away meanwhile, and the patience with that be shorter. While it is there, it is to be seen whether the pool moves. */
  get recheck(): number {
    const { awaySince, connectingSince } = this.#movement;
    const isTrouble = awaySince !== undefined || connectingSince !== undefined;
    const longest = isTrouble ? this.#maxRetryTime : Math.min(this.#maxRetryTime, this.#stuckAfter / looks);
    return Math.max(longest, shortestRecheck);
  }

  get until(): number {
    return Math.min(this.#untilStuck(), this.#patience.end);
  }

  #untilStuck(): number {
    const { awaySince, connectingSince } = this.#movement;
    if (awaySince !== undefined) this.#patience.begin(Math.max(this.#startedAt, awaySince));
    const troubleSince = awaySince ?? connectingSince;
    if (troubleSince !== undefined) return this.#patience.deadlineFrom(Math.max(this.#startedAt, troubleSince));
    const atLeast = this.#startedAt + this.#stuckAfter;
    const isEarly = this.now() < atLeast;
    // Many may wait: what one of them has just seen is good enough for the others.
    this.#movement.look(isEarly ? this.#stuckAfter / looks / 2 : 1);
    // The server's work is asked of each connection: not before it matters.
    if (isEarly) return atLeast;
    const { lastReturnAt } = this.#movement;
    const movedAt = this.#mayWork ? Math.max(lastReturnAt, this.#movement.lastWorkAt(this.#watch)) : lastReturnAt;
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

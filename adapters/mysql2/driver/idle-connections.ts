import { tracingChannel } from 'node:diagnostics_channel';
import type { Pool, PoolConnection } from 'mysql2';
import type { PoolInternals } from './internals.ts';

/** What mysql2 makes of a call for a connection that lies idle, when nobody listens. */
interface IdleInternals extends PoolInternals {
  readonly _freeConnections?: {
    readonly length: number;
    get?(index: number): unknown;
    pop?(): unknown;
  };
}

/** The channel that mysql2 tells of such calls. */
const calls = /* @__PURE__ */ tracingChannel('mysql2:pool:connect');

/**
 * The connections that lie idle in a pool, taken out in the very turn in which they are asked for. mysql2 does the same, and hands them out in the next tick. It is left to
 * mysql2 where anybody would notice the difference: who traces such calls, who listens to `acquire`, who has put something in the place of its method. Nobody else's code runs
 * between a look and a taking.
 */
export class IdleConnections {
  readonly #pool: Pool & IdleInternals;
  /** mysql2's own method; undefined where this version of it, or whoever stands in its place, does it in another way. */
  readonly #ownGet: Pool['getConnection'] | undefined;

  constructor(pool: Pool) {
    this.#pool = pool as Pool & IdleInternals;
    this.#ownGet = takesAsKnown(pool) ? pool.getConnection : undefined;
  }

  /** The one that would be handed out next; undefined where there is none, or mysql2 is to hand it out. */
  next(): PoolConnection | undefined {
    const { _freeConnections: idle, _closed, getConnection } = this.#pool;
    if (idle === undefined || idle.length === 0 || _closed === true || getConnection !== this.#ownGet) return undefined;
    if (this.#pool.listenerCount('acquire') > 0 || isTraced()) return undefined;
    return idle.get?.(idle.length - 1) as PoolConnection | undefined;
  }

  /** Takes the one that {@link next} has shown. */
  take(): void {
    const taken = this.#pool._freeConnections?.pop?.() as { _released?: boolean } | undefined;
    if (taken !== undefined) taken._released = false;
  }
}

function isTraced(): boolean {
  const { start, end, asyncStart, asyncEnd, error } = calls;
  const aroundIt = start.hasSubscribers || end.hasSubscribers || error.hasSubscribers;
  return aroundIt || asyncStart.hasSubscribers || asyncEnd.hasSubscribers;
}

/** By what the method is made of: no minifier renames properties that another file uses. */
function takesAsKnown(pool: Pool): boolean {
  if (Object.hasOwn(pool, 'getConnection')) return false;
  const text = Function.prototype.toString.call(pool.getConnection);
  return text.includes('_freeConnections.pop()') && text.includes('_released');
}

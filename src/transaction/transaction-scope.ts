import { AsyncLocalStorage } from 'node:async_hooks';
import { processWide } from '../process-wide.ts';

/**
 * A transaction whose callback may run again, as those inside of that callback see it. It may be one of another copy of this package, in another
 * version: nothing of it is sure to be there.
 */
export interface EnclosingTransaction {
  /** The pool of mysql2 itself, which is one for all its wrappers, or whatever all that uses one client has in common. */
  readonly pool?: object;
  readonly outer?: EnclosingTransaction | undefined;
  /** It has ended for good. What its callback has started, and goes on, is inside of nothing any more. */
  readonly isOver?: boolean;
  /**
   * A transaction of its own has begun inside of this one. As long as it is under way, nobody knows whether it will leave something behind.
   *
   * @returns to be called when it has ended
   */
  noteUnderWay?(): () => void;
  /** A transaction of its own, inside of this one, was committed, or nobody can know whether it was. */
  noteLasting?(): void;
  /** A transaction on the same pool, inside of this one, failed and left nothing behind: it is this one's to run again. */
  noteFailure?(error: unknown): void;
}

/** One run of a transaction whose callback may run again. */
export class TransactionScope implements Required<EnclosingTransaction> {
  readonly pool: object;
  readonly outer: EnclosingTransaction | undefined;
  readonly #failures = new WeakSet<object>();
  #lastsBeyond = false;
  #underWay = 0;
  #isOver = false;

  constructor(pool: object) {
    this.pool = pool;
    this.outer = currentTransaction();
  }

  /** Another transaction inside of this one has left something behind that this one's end does not undo, or still may: another run would do it again. */
  get lastsBeyond(): boolean {
    return this.#lastsBeyond || this.#underWay > 0;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** It does not run again. */
  end(): void {
    this.#isOver = true;
  }

  run<T>(callback: () => T): T {
    return scopes().run(this, callback);
  }

  noteUnderWay(): () => void {
    this.#underWay += 1;
    const endOuter = this.outer?.noteUnderWay?.();
    return () => {
      this.#underWay -= 1;
      endOuter?.();
    };
  }

  noteLasting(): void {
    this.#lastsBeyond = true;
    this.outer?.noteLasting?.();
  }

  noteFailure(error: unknown): void {
    if (typeof error === 'object' && error !== null) this.#failures.add(error);
  }

  hasSeen(error: object): boolean {
    return this.#failures.has(error);
  }
}

/**
 * Of all copies of this package in the process: a transaction on one of them inside of one on the other is inside of it. Entered only by
 * transactions whose callback may run again: on Node.js 20 it makes every promise of the process slower.
 */
function scopes(): AsyncLocalStorage<EnclosingTransaction> {
  return processWide('transaction-scopes.1', () => new AsyncLocalStorage());
}

/** The innermost transaction of that kind that is not over, in whose callback this runs. */
export function currentTransaction(): EnclosingTransaction | undefined {
  let scope = scopes().getStore();
  while (scope?.isOver === true) scope = scope.outer;
  return scope;
}

/** The innermost transaction on this pool, beginning with the given one and going outwards. */
export function findTransactionOn(
  pool: object,
  innermost: EnclosingTransaction | undefined,
): EnclosingTransaction | undefined {
  let scope = innermost;
  while (scope !== undefined && scope.pool !== pool) scope = scope.outer;
  return scope;
}

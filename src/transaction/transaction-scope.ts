import { AsyncLocalStorage } from 'node:async_hooks';

/** One run of a transaction whose callback may run again, as what happens inside that callback sees it. */
export class TransactionScope {
  /** Whatever all that uses one pool has in common. */
  readonly #pool: object;
  readonly #outer: TransactionScope | undefined;
  readonly #failures = new WeakSet<object>();
  #lastsBeyond = false;

  constructor(pool: object) {
    this.#pool = pool;
    this.#outer = scopes.getStore();
  }

  /** Another transaction inside of this one has left something behind that this one's end does not undo: another run would do it again. */
  get lastsBeyond(): boolean {
    return this.#lastsBeyond;
  }

  run<T>(callback: () => T): T {
    return scopes.run(this, callback);
  }

  /** A transaction of its own, inside of this one, was committed, or nobody can know whether it was. */
  noteLasting(): void {
    this.#lastsBeyond = true;
    this.#outer?.noteLasting();
  }

  /** A transaction on the same pool, inside of this one, failed and left nothing behind: it is this one's to run again. */
  noteFailure(error: unknown): void {
    if (typeof error === 'object' && error !== null) this.#failures.add(error);
  }

  hasSeen(error: object): boolean {
    return this.#failures.has(error);
  }

  /** This one, or the innermost one around it, that is on this pool. */
  onPool(pool: object): TransactionScope | undefined {
    return this.#pool === pool ? this : this.#outer?.onPool(pool);
  }
}

// Entered only by transactions whose callback may run again: on Node.js 20 it makes every promise of the process slower.
const scopes = new AsyncLocalStorage<TransactionScope>();

/** The innermost transaction of that kind, in whose callback this runs. */
export function currentTransaction(): TransactionScope | undefined {
  return scopes.getStore();
}

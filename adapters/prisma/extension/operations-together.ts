import { timers } from '../../../src/internal.ts';
/**
 * Operations that are under way in one interactive transaction. Prisma sends those together that are called in one turn of the event loop. When
 * one of them fails, or the transaction has ended, it leaves out the rest, and resolves their promises with undefined. No operation of Prisma has that for
 * an answer.
 */
export class OperationsTogether {
  #failures = 0;
  #lastFailure: unknown;
  readonly #underWay = new Set<Promise<unknown>>();

  /** @throws what the operation throws; an Error for one that was left out, with the failure of the other one as its cause */
  async run(query: () => PromiseLike<unknown>): Promise<unknown> {
    const failuresBefore = this.#failures;
    const result = await this.#note(query);
    if (result !== undefined) return result;
    // The failure of the other one comes in the same turn.
    await nextTurn();
    // Where none has failed, a hook of somebody else's gave it.
    if (this.#failures === failuresBefore) return result;
    throw new Error(
      'Prisma has no answer to this operation: of those that are called together it sends none behind one that has failed',
      { cause: this.#lastFailure },
    );
  }

  /** Comes when none is under way any more, however they ended. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }

  async #note(query: () => PromiseLike<unknown>): Promise<unknown> {
    const running = Promise.resolve(query());
    this.#underWay.add(running);
    try {
      return await running;
    } catch (error) {
      this.#failures += 1;
      this.#lastFailure = error;
      throw error;
    } finally {
      this.#underWay.delete(running);
    }
  }
}

/** What was called in this turn of the event loop has come to its hook then. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    timers.setImmediate(resolve);
  });
}

/** Those of transactions that have ended, or that somebody else has begun, while some are under way. By the id of the transaction. */
const strays = new Map<string, { readonly operations: OperationsTogether; underWay: number }>();

/** Runs an operation of a transaction of which nothing else is known here. */
export async function runStray(id: string, query: () => PromiseLike<unknown>): Promise<unknown> {
  const known = strays.get(id) ?? { operations: new OperationsTogether(), underWay: 0 };
  strays.set(id, known);
  known.underWay += 1;
  try {
    return await known.operations.run(query);
  } finally {
    known.underWay -= 1;
    if (known.underWay === 0) strays.delete(id);
  }
}

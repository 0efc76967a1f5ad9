import { timers } from '../../../src/internal.ts';
import type { PrismaOperation } from './prisma-operation.ts';

/** An operation while it is under way. */
export interface UnderWay {
  /** One run of one operation: the same for every hook that it passes. Undefined where Prisma does not say. */
  readonly request: object | undefined;
  /** By which turn of the event loop Prisma puts it together with others; undefined where somebody else's hook may have it wait. */
  readonly turn: number | undefined;
  readonly operation: PrismaOperation;
}

/** Hears first of what an operation fails with. What it returns is waited for, before anybody else hears of it. */
type FailureListener = (error: unknown, one: UnderWay) => Promise<void> | undefined;

/**
 * Operations that are under way in one interactive transaction. Prisma sends those together that are called in one turn of the event loop. When
 * one of them fails, or the transaction has ended, it leaves out the rest, and resolves their promises with undefined. No operation of Prisma has that for
 * an answer.
 */
export class OperationsTogether {
  #failures = 0;
  #lastFailure: unknown;
  readonly #underWay = new Map<Promise<unknown>, UnderWay | undefined>();
  readonly #failed: FailureListener | undefined;

  constructor(failed?: FailureListener) {
    this.#failed = failed;
  }

  /**
   * @throws what the operation throws; an Error for one that was left out, with the failure of the other one as its cause
   */
  async run(query: () => PromiseLike<unknown>, one?: UnderWay): Promise<unknown> {
    const failuresBefore = this.#failures;
    const running = this.#note(query, one);
    this.#underWay.set(running, one);
    let result: unknown;
    try {
      result = await running;
    } finally {
      this.#underWay.delete(running);
    }
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
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay.keys());
  }

  /**
   * Whether the server may have got another operation behind one that has failed just now, and that one may have written something. Of those that Prisma
   * has put together it sends none behind the one that fails.
   */
  mayHaveWrittenBehind(failed: UnderWay): boolean {
    for (const other of this.#underWay.values()) {
      if (other === undefined || other === failed) continue;
      if (other.request !== undefined && other.request === failed.request) continue;
      const isTogether = other.turn !== undefined && other.turn === failed.turn;
      if (!isTogether && !other.operation.judgeRead().isSafe) return true;
    }
    return false;
  }

  async #note(query: () => PromiseLike<unknown>, one: UnderWay | undefined): Promise<unknown> {
    try {
      return await query();
    } catch (error) {
      this.#failures += 1;
      this.#lastFailure = error;
      const handled = one && this.#failed?.(error, one);
      if (handled !== undefined) await handled;
      throw error;
    }
  }
}

let turn = 0;
let isTurnOpen = false;

/** As Prisma counts them: it sends what was called until the next tick. */
export function currentTurn(): number {
  if (!isTurnOpen) {
    isTurnOpen = true;
    timers.nextTick(endTurn);
  }
  return turn;
}

function endTurn(): void {
  isTurnOpen = false;
  turn += 1;
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

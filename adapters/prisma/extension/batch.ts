import type { Failure, Operation, ReadVerdict, UnsafeRead } from '../../../src/internal.ts';
import type { Attempt, OperationRunner } from './operation-runner.ts';
import { type QueryHookParams, watchElements } from './prisma-internals.ts';
import { describeOperation, type PrismaOperation } from './prisma-operation.ts';
import { hasEvidence, isBeforeFirstStatement, refineFailure } from './verdict.ts';

/** What `$transaction([...])` is made of, as its hooks tell while it begins. */
class Batch {
  readonly #size: number;
  readonly #elements = new Map<object, PrismaOperation>();
  #verdicts: readonly ReadVerdict[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  note(element: object, operation: PrismaOperation): void {
    this.#elements.set(element, operation);
  }

  get #isKnown(): boolean {
    return this.#elements.size === this.#size;
  }

  /** Nothing in it commits by itself, so that it is all or nothing. */
  isAtomic(): boolean {
    return this.#isKnown && [...this.#elements.values()].every((element) => element.isAtomic());
  }

  isSafeRead(): boolean {
    this.#verdicts = [...this.#elements.values()].map((element) => element.judgeRead());
    return this.#isKnown && this.#verdicts.every(({ isSafe }) => isSafe);
  }

  /** Of one that only reads. */
  whyUnsafe(): UnsafeRead | undefined {
    const reads = this.#verdicts.every(({ isSafe, unsafe }) => isSafe || unsafe !== undefined);
    return this.#isKnown && reads ? this.#verdicts.find(({ unsafe }) => unsafe !== undefined)?.unsafe : undefined;
  }
}

const batches = new WeakMap<object, Batch>();

/** An operation is about to take its place in a batch. */
export function noteElement(element: object, params: QueryHookParams, { policy }: OperationRunner): void {
  batches.get(element)?.note(element, describeOperation(params, policy.safeFunctions));
}

/**
 * Runs `$transaction([...])` as one unit. Its elements are promises of Prisma that run again when they are asked again, and no code of the
 * user's is in between: so it is run again whenever it certainly left nothing behind.
 *
 * @param send Prisma's own `$transaction`
 */
export function runBatch(
  runner: OperationRunner,
  elements: readonly unknown[],
  send: (elements: readonly unknown[], attempt: Attempt) => Promise<unknown>,
): Promise<unknown> {
  let batch = new Batch(elements.length);
  const { idempotent } = runner.policy;
  const operation: Operation = {
    // One that only reads, or may be applied twice, needs no certainty about its end.
    get kind() {
      return idempotent || batch.isSafeRead() ? 'statement' : 'transaction';
    },
    idempotent,
    isSafeRead: () => batch.isSafeRead(),
    whyUnsafe: () => batch.whyUnsafe(),
    isHandedOver: () => false,
    refineFailure: (failure, error) =>
      provesWhole(failure, error, batch) ? failure : refineFailure(failure, { outcome: 'unknown' }),
  };
  return runner.run(operation, (attempt) => {
    const current = new Batch(elements.length);
    batch = current;
    return send(
      watchElements(elements, (element) => batches.set(element, current)),
      attempt,
    );
  });
}

/** Whether what is proven of the statement that failed holds for the whole batch. */
function provesWhole(failure: Failure, error: unknown, batch: Batch): boolean {
  if (failure.outcome === 'failed' || failure.outcome === 'unknown') return true;
  if (isBeforeFirstStatement(error) || failure.kind === 'connect' || failure.code === 'P2028') return true;
  // Where nobody watched the wire: Prisma answers with the error of its ROLLBACK, whatever went before it.
  return batch.isAtomic() && (failure.kind !== 'closed' || hasEvidence(error));
}

import { type Failure, isGoneAwayError, type Operation, type ReadVerdict } from '../../../src/internal.ts';
import { noteElement } from './batch.ts';
import type { Attempt, OperationRunner } from './operation-runner.ts';
import { currentTurn } from './operations-together.ts';
import {
  type HooksInside,
  hookWithin,
  type QueryHookParams,
  requestOf,
  surroundingsOf,
  warnOfHiddenSurroundings,
} from './prisma-internals.ts';
import { describeOperation, type PrismaOperation } from './prisma-operation.ts';
import { runInside } from './running-transaction.ts';
import { endsByOwnLimit, hasEvidence, isWritten, refineFailure, unwrapError } from './verdict.ts';

/** The attempt that a runner further out is making of the same request. */
const attempts = new WeakMap<object, Attempt>();

/** The query hook for all operations: retries those that run alone, and lets the others pass, once. */
export function createOperationHook(runner: OperationRunner): (params: QueryHookParams) => Promise<unknown> {
  return hookWithin((params, inside) => {
    const { args, query } = params;
    const surroundings = surroundingsOf(params);
    switch (surroundings.kind) {
      case 'alone':
        return retryOperation(runner, params, inside);
      case 'transaction':
        return runInside(
          surroundings.id,
          () => ({
            request: requestOf(params),
            turn: inside.hasOthers ? undefined : currentTurn(),
            operation: describeOperation(params, runner.policy.safeFunctions),
          }),
          async () => {
            try {
              return await query(args);
            } catch (error) {
              throw unwrapError(error, runner.policy.signal);
            }
          },
        );
      case 'batch':
        noteElement(surroundings.element, params, runner);
        return query(args);
      case 'hidden':
        warnOfHiddenSurroundings();
        return query(args);
      default:
        return surroundings satisfies never;
    }
  });
}

function retryOperation(runner: OperationRunner, params: QueryHookParams, inside: HooksInside): Promise<unknown> {
  const described = describeOperation(params, runner.policy.safeFunctions);
  const request = requestOf(params);
  const outer = request === undefined ? undefined : attempts.get(request);
  if (outer !== undefined) outer.delegated = true;
  const operation = toRetriedOperation(described, runner.policy.idempotent);
  const work = async (attempt: Attempt) => {
    if (request !== undefined) attempts.set(request, attempt);
    return params.query(params.args);
  };
  return runner.run(operation, work, { inside });
}

function toRetriedOperation(described: PrismaOperation, idempotent: boolean): Operation {
  let verdict: ReadVerdict | undefined;
  return {
    kind: 'statement',
    idempotent,
    isSafeRead: () => {
      verdict ??= described.judgeRead();
      return verdict.isSafe;
    },
    whyUnsafe: () => verdict?.unsafe,
    isHandedOver: () => false,
    refineFailure: (failure, error) => {
      if (endsByOwnLimit(failure, described)) return refineFailure(failure, { kind: 'limit' });
      return provesWhole(failure, error, described) ? failure : refineFailure(failure, { outcome: 'unknown' });
    },
  };
}

/** Whether what is proven of the statement that failed holds for the whole operation. */
function provesWhole(failure: Failure, error: unknown, { isRaw, isAtomic }: PrismaOperation): boolean {
  if (failure.outcome === 'failed' || failure.outcome === 'unknown') return true;
  // An error of this package is made with all that is known: of a raw statement there is nothing else to know.
  const watched = hasEvidence(error) || isGoneAwayError(error);
  if (!isAtomic()) return watched ? !isWritten(error) : failure.kind === 'connect';
  // Where nobody watched the wire, "closed" may be the error of a ROLLBACK that followed on a COMMIT that was lost.
  return isRaw || watched || failure.kind !== 'closed';
}

import { evidenceOf, isError, messageOf, propertyOf } from '../../../src/internal.ts';

/**
 * Gives an error the stack of the call that it belongs to: one of the driver is born in a socket's callback, and its stack is of use only if it says who asked. To be called in
 * an async function that the caller awaits, if through others: the engine knows of those for free, and only where it is asked.
 *
 * An error of the caller's own code shows where that was already, and stays as it is: the reason of a signal, what a `typeCast` has thrown.
 *
 * @param below this function and what it has called are left out
 * @param signal the caller's
 */
export function showCaller(
  error: unknown,
  below: (...values: never[]) => unknown,
  signal: AbortSignal | undefined,
): void {
  const isCallers =
    (signal?.aborted === true && error === signal.reason) || evidenceOf(error)?.clientSide !== undefined;
  if (isCallers) return;
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, below);
  const { stack } = holder;
  if (!isError(error) || typeof stack !== 'string') return;
  const frames = stack.slice(stack.indexOf('\n') + 1);
  // One that may not be changed stays as it is.
  Reflect.set(error, 'stack', `${String(propertyOf(error, 'name'))}: ${messageOf(error)}\n${frames}`);
}

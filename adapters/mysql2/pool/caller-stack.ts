import { isError, messageOf, propertyOf } from '../../../src/internal.ts';

/**
 * Gives an error the stack of the call that it belongs to: one of the driver is born in a socket's callback, and its stack is of use only if it says who asked. To be called in
 * an async function that the caller awaits, if through others: the engine knows of those for free, and only where it is asked.
 *
 * @param below this function and what it has called are left out
 */
export function showCaller(error: unknown, below: (...values: never[]) => unknown): void {
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, below);
  const { stack } = holder;
  if (!isError(error) || typeof stack !== 'string') return;
  const frames = stack.slice(stack.indexOf('\n') + 1);
  // One that may not be changed stays as it is.
  Reflect.set(error, 'stack', `${String(propertyOf(error, 'name'))}: ${messageOf(error)}\n${frames}`);
}

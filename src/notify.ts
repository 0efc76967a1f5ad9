/**
 * Calls a user's hook. A hook observes: what it throws, or rejects with, must neither fail the work nor be swallowed, so it becomes
 * a process warning.
 */
export function notify<T>(hook: ((event: T) => unknown) | undefined, event: T): void {
  if (hook === undefined) return;
  try {
    const returned = hook(event);
    if (returned instanceof Promise) returned.catch(warn);
  } catch (error) {
    warn(error);
  }
}

function warn(error: unknown): void {
  const [message, detail] = error instanceof Error ? [error.message, error.stack ?? ''] : [String(error), ''];
  process.emitWarning(`A hook of the policy failed: ${message}`, { code: 'GONE_AWAY_HOOK', detail });
}

import {
  AttemptTimeoutError,
  attachEvidence,
  failureOf,
  onAbort,
  type RetryPolicy,
  timers,
} from '../../../src/internal.ts';

/** Nothing is known of what an adapter of somebody else has sent. */
const abandoned = { progress: 'written', rollsBack: false, atomic: false, commits: false, abandoned: true } as const;

/**
 * Ends the wait for work when a limit is reached, where the adapter does not do that itself. The work goes on: nobody can stop it.
 *
 * @param isLeftToOthers asked when a limit is reached: whether somebody else watches over the same limit, and knows more
 * @throws what the work throws; AttemptTimeoutError; an error with code `ABORT_ERR` when the signal ended it
 */
export function runWithinLimits<T>(
  work: () => PromiseLike<T>,
  { attemptTimeout, signal }: Pick<RetryPolicy, 'attemptTimeout' | 'signal'>,
  isLeftToOthers: () => boolean,
): PromiseLike<T> {
  if (attemptTimeout === undefined && signal === undefined) return work();
  return new Promise<T>((resolve, reject) => {
    let ended = false;
    const end = (): void => {
      ended = true;
      timers.clearTimeout(timer);
      stopListening?.();
    };
    const abandon = (error: Error): void => {
      // What has only just begun comes to its adapter in this turn of the event loop, and may be left to it then.
      timers.setImmediate(() => {
        if (ended || isLeftToOthers()) return;
        end();
        attachEvidence(error, abandoned);
        reject(error);
      });
    };
    const onSignal = (): void => {
      abandon(Object.assign(new Error('The signal aborted while an operation had no answer'), { code: 'ABORT_ERR' }));
    };
    const timer =
      attemptTimeout === undefined
        ? undefined
        : timers.setTimeout(() => abandon(timeoutError(attemptTimeout)), attemptTimeout);
    const stopListening = signal && onAbort(signal, onSignal);
    Promise.resolve().then(work).finally(end).then(resolve, reject);
  });
}

function timeoutError(attemptTimeout: number): AttemptTimeoutError {
  const source = '`attemptTimeout` passed without an answer';
  const failure = failureOf({ proof: 'unknown', kind: 'attempt-timeout', invalidates: 'nothing', source }, abandoned);
  const message = `No answer within ${attemptTimeout} ms (\`attemptTimeout\`); the operation goes on`;
  return new AttemptTimeoutError(message, { failure, attempts: 1, elapsedMs: attemptTimeout });
}

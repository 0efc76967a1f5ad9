import {
  AttemptTimeoutError,
  attachEvidence,
  type Evidence,
  failureOf,
  onAbort,
  type RetryPolicy,
  timers,
} from '../../../src/internal.ts';

/** Nothing is known of what an adapter of somebody else has sent. */
export const goesOn: Evidence = Object.freeze({
  progress: 'written',
  rollsBack: false,
  atomic: false,
  commits: false,
  abandoned: true,
});

/**
 * Ends the wait for work when a limit is reached, where the adapter does not do that itself. The work goes on, where nobody can stop it.
 *
 * @param isLeftToOthers asked when a limit is reached: whether somebody else watches over the same limit, and knows more
 * @param giveUp stops what can be stopped, and says what has become of the work
 * @throws what the work throws; AttemptTimeoutError; an error with code `ABORT_ERR` when the signal ended it
 */
export function runWithinLimits<T>(
  work: () => PromiseLike<T>,
  { attemptTimeout, signal }: Pick<RetryPolicy, 'attemptTimeout' | 'signal'>,
  isLeftToOthers: () => boolean,
  giveUp: () => Evidence,
): PromiseLike<T> {
  if (attemptTimeout === undefined && signal === undefined) return work();
  return new Promise<T>((resolve, reject) => {
    let ended = false;
    const end = (): void => {
      ended = true;
      timers.clearTimeout(timer);
      stopListening?.();
    };
    const abandon = (makeError: (evidence: Evidence) => Error): void => {
      // What has only just begun comes to its adapter in this turn of the event loop, and may be left to it then.
      timers.setImmediate(() => {
        if (ended || isLeftToOthers()) return;
        end();
        const evidence = giveUp();
        const error = makeError(evidence);
        attachEvidence(error, evidence);
        reject(error);
      });
    };
    const onSignal = (): void => {
      const message = 'The signal aborted while an operation had no answer';
      abandon(() => Object.assign(new Error(message), { code: 'ABORT_ERR' }));
    };
    const timer =
      attemptTimeout === undefined
        ? undefined
        : timers.setTimeout(() => abandon((evidence) => timeoutError(attemptTimeout, evidence)), attemptTimeout);
    const stopListening = signal && onAbort(signal, onSignal);
    Promise.resolve().then(work).finally(end).then(resolve, reject);
  });
}

function timeoutError(attemptTimeout: number, evidence: Evidence): AttemptTimeoutError {
  const source = '`attemptTimeout` passed without an answer';
  const failure = failureOf({ proof: 'unknown', kind: 'attempt-timeout', invalidates: 'nothing', source }, evidence);
  const rest = evidence.progress === 'not-acquired' ? 'nothing was sent' : 'the operation goes on';
  const message = `No answer within ${attemptTimeout} ms (\`attemptTimeout\`); ${rest}`;
  return new AttemptTimeoutError(message, { failure, attempts: 1, elapsedMs: attemptTimeout });
}

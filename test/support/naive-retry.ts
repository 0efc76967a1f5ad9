import pRetry from 'p-retry';

const connectionProblem =
  /ECONN|EPIPE|ETIMEDOUT|PROTOCOL_CONNECTION_LOST|ER_CON_COUNT_ERROR|ER_OPTION_PREVENTS_STATEMENT|ER_SERVER_SHUTDOWN|ER_CONNECTION_KILLED|ER_LOCK_DEADLOCK|read-only|closed state|connection lost|gone away/i;

/** What is found in many code bases: run it again if the error looks like a connection problem. */
export function naiveRetry<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  return pRetry(work, {
    retries: 10,
    minTimeout: 50,
    maxTimeout: 2_000,
    factor: 2,
    randomize: true,
    signal,
    shouldRetry: ({ error }) => looksLikeConnectionProblem(error),
  });
}

function looksLikeConnectionProblem(error: unknown): boolean {
  for (let link = error; link instanceof Error; link = link.cause) {
    if (connectionProblem.test(`${'code' in link ? link.code : ''} ${link.message}`)) return true;
  }
  return false;
}

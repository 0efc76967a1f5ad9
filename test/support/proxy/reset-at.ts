import type { FaultProxy } from './fault-proxy.ts';

export interface Resets {
  /** How many connections were reset so far. */
  readonly count: number;
  /** So many in all, and no more. */
  stopAfter(count: number): void;
  stop(): void;
}

/** Resets each connection on which a client sends one of these texts, before the server gets it. */
export function resetAt(proxy: FaultProxy, ...texts: readonly string[]): Resets {
  let count = 0;
  let most = Number.POSITIVE_INFINITY;
  const stop = proxy.onClientData((chunk, connection) => {
    if (count >= most || !texts.some((text) => chunk.includes(text))) return 'forward';
    count += 1;
    connection.reset();
    return 'swallow';
  });
  return {
    get count() {
      return count;
    },
    stopAfter: (limit) => {
      most = limit;
    },
    stop,
  };
}
